import { describe, expect, it } from "vitest";
import { clientOver, type Transport } from "../kubernetes/client.ts";
import { createDiscovery } from "../kubernetes/discovery.ts";
import { ApiError, ConnectionError } from "../kubernetes/errors.ts";
import { engineAccess } from "./engine-access.ts";
import { memoryAccess } from "./testing/memory-access.ts";

const application = { group: "argoproj.io", kind: "Application", namespace: "argocd", name: "capi" };
const noon = Date.UTC(2026, 10, 29, 12, 0, 0);

/** An API server that has Applications; `patched` answers the patch. */
function access(patched: () => unknown) {
  const requests: unknown[] = [];
  const transport: Transport = {
    endpoint: { close: () => undefined } as Transport["endpoint"], // nothing of it is used by a client over a given transport
    stream: () => Promise.reject(new Error("no watches here")),
    async exchange(method, path, { body, query, contentType }) {
      if (path === "/apis") return { groups: [{ name: "argoproj.io", versions: [{ version: "v1alpha1" }] }] };
      if (path === "/apis/argoproj.io") return { name: "argoproj.io", versions: [{ version: "v1alpha1" }] };
      if (path === "/apis/argoproj.io/v1alpha1") return { resources: [{ name: "applications", kind: "Application", namespaced: true }] };
      if (method === "GET") throw new ApiError(`${method} ${path}`, 404, "not found");
      requests.push({ method, path, body, query, contentType });
      return patched();
    },
  };
  const clock = { now: () => noon, sleep: () => Promise.resolve() };
  const client = clientOver(transport, { clock, tries: 1 });
  return { requests, access: engineAccess(memoryAccess([]), client, createDiscovery(client)) };
}

describe("annotate", () => {
  it("is a patch of the annotations alone, by our own field manager", async () => {
    const { access: engine, requests } = access(() => ({ metadata: { name: "capi" } }));
    expect(await engine.annotate(application, { "argocd.argoproj.io/refresh": "hard" })).toBeUndefined();
    expect(requests).toEqual([
      {
        method: "PATCH",
        path: "/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/capi",
        body: { metadata: { annotations: { "argocd.argoproj.io/refresh": "hard" } } },
        query: { fieldManager: "capi-gitops" },
        contentType: "application/merge-patch+json",
      },
    ]);
  });

  it.each([
    [403, "forbidden"],
    [401, "forbidden"],
    [404, "not-found"],
    [500, "unreadable"],
  ])("%d is a gap: %s", async (status, kind) => {
    const { access: engine } = access(() => {
      throw new ApiError("PATCH x", status, "no");
    });
    expect(await engine.annotate(application, {})).toMatchObject({ kind, what: "Application argocd/capi" });
  });

  it("a kind that is not served is a gap", async () => {
    const { access: engine } = access(() => undefined);
    expect(await engine.annotate({ ...application, group: "kustomize.toolkit.fluxcd.io", kind: "Kustomization" }, {})).toMatchObject({
      kind: "not-served",
    });
  });

  it("a server that is not there is an error", async () => {
    const { access: engine } = access(() => {
      throw new ConnectionError("refused", "nobody there");
    });
    await expect(engine.annotate(application, {})).rejects.toThrow("nobody there");
  });
});

it("tells the client's time", () => {
  expect(access(() => undefined).access.now()).toBe(noon);
});
