import { planUpgrade } from "../../upgrade/plan.ts";
import { exitCodes, type ExitCode } from "../exit-codes.ts";
import { refusalText } from "../failure.ts";
import { planText } from "../output/plan-text.ts";
import { render } from "../output/structured.ts";
import { lookWithImages, type CatalogOptions } from "../catalog-options.ts";
import type { GlobalOptions } from "../global-options.ts";
import { isRefusal, openSession } from "../session.ts";

export async function plan(
  cluster: string,
  options: GlobalOptions & CatalogOptions & { readonly to: string; readonly via: readonly string[] },
): Promise<ExitCode> {
  const session = await openSession(options);
  const { terminal, format } = session;
  try {
    const look = await lookWithImages(session, cluster, options);
    const result = isRefusal(look)
      ? ({ kind: "refused", refusals: [look] } as const)
      : planUpgrade(look.snapshot, { target: options.to, via: options.via, images: look.images });
    const text = (): string => {
      switch (result.kind) {
        case "plan":
          return planText(terminal, result.plan);
        case "nothing-to-do":
          return result.message;
        case "refused":
          return result.refusals.map((refusal) => refusalText(terminal, refusal)).join("\n");
      }
    };
    terminal.out(await render(format, result, text));
    return result.kind === "refused" ? exitCodes.refused : exitCodes.done;
  } finally {
    session.close();
  }
}
