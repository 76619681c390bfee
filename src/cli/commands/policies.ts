import { API_GROUP, upgradePolicies } from "../../operator/api/kinds.ts";
import { policySummary } from "../../operator/api/policy-summary.ts";
import { notInstalled } from "../attempts.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import type { GlobalOptions } from "../global-options.ts";
import { policiesTable } from "../output/policies-table.ts";
import { render } from "../output/structured.ts";
import { openSession } from "../session.ts";

export async function policies(options: GlobalOptions): Promise<ExitCode> {
  const session = await openSession(options);
  const { client, discovery, terminal, format } = session;
  try {
    if ((await discovery.resource(API_GROUP, upgradePolicies.kind)) === undefined) {
      terminal.say(refusalText(terminal, notInstalled));
      return exitCodes.refused;
    }
    const { items } = await client.list(upgradePolicies);
    const found = items.map(policySummary).sort((one, other) => (one.name < other.name ? -1 : 1));
    if (found.length > 0 || format === "json" || format === "yaml")
      terminal.out(await render(format, { policies: found }, () => policiesTable(found, format === "wide")));
    else terminal.say("No policies. Examples are in examples/policies.");
    return exitCodes.done;
  } finally {
    session.close();
  }
}
