import type { CommitRequest } from "../git-repository.ts";
import { versionChange } from "./local-remote.ts";

export const twoFiles = { "clusters/demo.yaml": "version: v1.34.2\n", "clusters/pool.yaml": "version: v1.34.2\n" };

/** Two files in one commit: half of it on the remote would be seen. */
export function twoFileChange(pushBranch = ""): CommitRequest {
  return versionChange("v1.35.2", {
    ...(pushBranch === "" ? {} : { pushBranch }),
    edit: async (files) => {
      const edited = new Map<string, string>();
      for (const path of Object.keys(twoFiles)) {
        if ((await files.read(path)) !== "version: v1.35.2\n") edited.set(path, "version: v1.35.2\n");
      }
      return { kind: "edited", files: edited };
    },
  });
}
