import { inject, it } from "vitest";
import { base64, startGitea } from "../../stack/gitea.ts";
import { yaml } from "../support/manifests.ts";
import type { Operator } from "../support/operator.ts";
import { scene, type Json } from "../support/scenario.ts";

/** Catalogs that read a registry which shows its images to those only who may see them. */
export function registryScenarios(operator: () => Operator): void {
  it.skipIf(inject("giteaMissing") !== "")(
    "a private registry on Gitea: the catalog says what it lacks, and lists versions and images once its Secret lets it in",
    async ({ expect }) => {
      const gitea = await startGitea((line) => console.log(`[gitea] ${line}`));
      try {
        await scene("op-registry", async ({ namespace, apply, get, kubectl, eventually }) => {
          const image = await gitea.privateImage("mirror", "node", "v1.34.0", "v1.35.2", "latest");
          const [host = ""] = image.split("/");
          const token = await gitea.botToken("read:package");
          const config = (place: string, password: string): Readonly<Record<string, string>> => ({
            ".dockerconfigjson": JSON.stringify({ auths: { [place]: { auth: base64(`bot:${password}`) } } }),
          });
          const dockerConfig = "kubernetes.io/dockerconfigjson";
          await operator().secret("registry-other", config("ghcr.io", token), dockerConfig);
          await operator().secret("registry-wrong", config(host, "0".repeat(40)), dockerConfig);
          await operator().secret("registry-git", { "ssh-privatekey": token }, "kubernetes.io/ssh-auth");
          await operator().secret("registry", config(`http://${host}/v2/`, token), dockerConfig);

          /** Named for it, or for nothing; whatever changes in the spec is looked at at once. */
          const named = async (secret: string | undefined): Promise<void> => {
            const credentials = secret === undefined ? {} : { credentialsSecretRef: { name: secret } };
            const tags = { repository: image, templateKind: "DockerMachineTemplate", ...credentials };
            const rule = { templateKind: "DevMachineTemplate", image: `${image}:{version}`, mustExist: true, ...credentials };
            await apply(
              yaml({
                apiVersion: "upgrades.clusterapi-gitops.io/v1alpha1",
                kind: "ReleaseCatalog",
                metadata: { name: namespace },
                spec: { sources: [{ name: "mirror", interval: "1h", registryTags: tags }], images: [rule] },
              }),
            );
          };
          const told = (reason: string | undefined): Promise<Json> =>
            eventually(`the catalog to say ${reason ?? "nothing"}`, async () => {
              const { metadata, status } = await get("releasecatalog", namespace);
              const [source] = status?.sources ?? [];
              return status?.observedGeneration === metadata.generation && source?.reason === reason ? status : undefined;
            });
          try {
            for (const [secret, reason, words] of [
              [undefined, "RegistryLoginNeeded", `${host} shows ${image} to nobody without a login`],
              ["registry-absent", "SecretMissing", "registry-absent, which is named for a registry of images"],
              ["registry-git", "SecretUnusable", "it is of type kubernetes.io/ssh-auth, and its keys are ssh-privatekey"],
              ["registry-other", "RegistryLoginMissing", `has no login for ${image}: its entries are for ghcr.io.`],
              ["registry-wrong", "RegistryLoginRefused", `token server http://${host} does not take the login`],
            ] as const) {
              await named(secret);
              const status = await told(reason);
              expect(status.conditions).toMatchObject([
                { type: "Ready", status: "False", reason, message: expect.stringContaining(words) },
                { type: "Stalled", status: "True", reason },
              ]);
              expect(status.versions).toBe(0);
            }

            await named("registry");
            const status = await told(undefined);
            expect(status.conditions).toMatchObject([{ type: "Ready", status: "True", reason: "Fetched" }]);
            expect(status.releases).toMatchObject(
              ["v1.35.2", "v1.34.0"].map((version) => ({
                version,
                images: [
                  { templateKind: "DockerMachineTemplate", image: `${image}:${version}` },
                  { templateKind: "DevMachineTemplate", image: `${image}:${version}` },
                ],
              })),
            );

            // Another login changes nothing of what was seen.
            await named("registry-wrong");
            const stale = await told("RegistryLoginRefused");
            expect(stale.conditions).toMatchObject([{ type: "Ready", status: "True", reason: "SourcesStale" }]);
            expect(stale.releases.map(({ version }: Json) => version)).toEqual(["v1.35.2", "v1.34.0"]);
            expect(stale.releases[0].missingImages).toMatchObject([{ templateKind: "DevMachineTemplate" }]);
            const everything = `${JSON.stringify(stale)}${operator().log()}`;
            expect(everything).not.toContain(token);
            expect(everything).not.toContain(base64(`bot:${token}`));
          } finally {
            await kubectl("delete", "releasecatalog", namespace, "--ignore-not-found", "--wait=false");
          }
        });
      } finally {
        await gitea.stop();
      }
    },
  );
}
