import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LocalRemote } from "../../testing/local-remote.ts";
import type { ForgeKind } from "../forge.ts";
import { answerAsGitea } from "./fake-gitea.ts";
import { answerAsGitHub } from "./fake-github.ts";
import { answerAsGitLab } from "./fake-gitlab.ts";
import type { FakeAnswer, FakeRequest } from "./fake-request.ts";
import { forgeModel, type ForgeModel } from "./forge-model.ts";
import { localForgeGround } from "./local-forge-ground.ts";

/** `lost`: it is done, and the connection breaks before the answer. */
export type Fault = FakeAnswer | "lost";

export interface FakeForge {
  readonly kind: ForgeKind;
  readonly model: ForgeModel;
  /** With the folder that the kind has on hosts of its own: `…/api/v3`. */
  readonly apiUrl: string;
  readonly requests: readonly { readonly method: string; readonly url: string; readonly headers: IncomingHttpHeaders }[];
  /** What the next request that fits is answered with instead. */
  failNext(fault: Fault, fits?: (request: FakeRequest) => boolean): void;
  close(): Promise<void>;
}

const faces = { github: answerAsGitHub, gitlab: answerAsGitLab, gitea: answerAsGitea };
const roots = { github: "/api/v3", gitlab: "/api/v4", gitea: "/api/v1" };

export const fakeToken = "glpat-s3cr3t/+=token";
/** The repository's path on the fake. */
export const fakeRepositories: Readonly<Record<ForgeKind, string>> = {
  github: "acme/fleet",
  gitlab: "acme/platform/fleet",
  gitea: "acme/fleet",
};

/** A forge of this kind over HTTP, with one repository. Other tokens than `fakeToken` are answered with 401. */
export async function fakeForge(kind: ForgeKind, remote: LocalRemote): Promise<FakeForge> {
  const model = forgeModel(localForgeGround(remote));
  const requests: FakeForge["requests"][number][] = [];
  const faults: { fault: Fault; fits: (request: FakeRequest) => boolean }[] = [];
  const root = roots[kind];

  async function answer(request: FakeRequest, authorization: string | undefined): Promise<FakeAnswer | "lost"> {
    const wanted = kind === "gitea" ? `token ${fakeToken}` : `Bearer ${fakeToken}`;
    if (authorization !== wanted) return { status: 401, body: { message: "Bad credentials" } };
    const index = faults.findIndex(({ fits }) => fits(request));
    const [planned] = index === -1 ? [] : faults.splice(index, 1);
    if (planned !== undefined && planned.fault !== "lost") return planned.fault;
    const given = await faces[kind](model, request);
    return planned === undefined ? given : "lost";
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    // A stream of Node's without an encoding gives buffers.
    for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
    const sent = Buffer.concat(chunks).toString("utf8");
    const url = new URL(incoming.url ?? "/", "http://fake");
    requests.push({ method: incoming.method ?? "", url: incoming.url ?? "", headers: incoming.headers });
    const below = url.pathname.startsWith(root) ? url.pathname.slice(root.length) : url.pathname.replace(/^\/api\/graphql$/, "/graphql");
    const request: FakeRequest = {
      method: incoming.method ?? "",
      path: below.split("/").slice(1).map(decodeURIComponent),
      query: url.searchParams,
      body: sent === "" ? {} : (JSON.parse(sent) as FakeRequest["body"]),
    };
    const given = await answer(request, incoming.headers.authorization).catch((error: unknown) => ({
      status: 500,
      body: { message: String(error) },
    }));
    if (given === "lost") {
      outgoing.destroy();
      return;
    }
    const { status, body, headers = {} }: FakeAnswer = given;
    const type = body === undefined ? {} : { "content-type": "application/json; charset=utf-8" };
    outgoing.writeHead(status, { ...type, ...headers });
    outgoing.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
  }

  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kind,
    model,
    apiUrl: `http://127.0.0.1:${port}${root}`,
    requests,
    failNext: (fault, fits = () => true) => void faults.push({ fault, fits }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
