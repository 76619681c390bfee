import { systemClock } from "../../clock.ts";
import { conformanceFiles, describeRepositoryConformance } from "../../git/testing/repository-conformance.ts";
import { createMemoryRemote } from "./memory-remote.ts";
import { openMemoryRepository } from "./memory-repository.ts";

describeRepositoryConformance("memory", () => {
  const remote = createMemoryRemote(conformanceFiles, { atSeconds: 1_700_000_000 });
  const options = { clock: systemClock, random: () => 0 };
  const tip = (branch = remote.defaultBranch): string | undefined => remote.tip(branch);
  return Promise.resolve({
    repository: openMemoryRepository(remote, options),
    another: ({ onStep }) => Promise.resolve(openMemoryRepository(remote, { ...options, onStep })),
    commit: (files, message) => {
      const at = Math.floor(systemClock.now() / 1000);
      return Promise.resolve(remote.commitOnTop("main", { name: "Ada", email: "ada@example.org" }, `${message}\n`, files, at));
    },
    tip: (branch) => Promise.resolve(tip(branch)),
    show: (path, branch) => {
      const at = tip(branch);
      return Promise.resolve(at === undefined ? undefined : remote.commit(at).files.get(path));
    },
    countWith: (text) =>
      Promise.resolve(remote.history({ from: tip()!, limit: 1000 }).filter(({ message }) => message.includes(text)).length),
    end: () => Promise.resolve(),
  });
});
