import { localRemote } from "./testing/local-remote.ts";
import { conformanceFiles, describeRepositoryConformance } from "./testing/repository-conformance.ts";

describeRepositoryConformance("git", async () => {
  const remote = await localRemote(conformanceFiles);
  const repository = await remote.open();
  const absent = (): undefined => undefined;
  return {
    repository,
    another: (options) => remote.open(options),
    commit: (files, message) => remote.commit(files, message),
    tip: (branch) => remote.tip(branch).catch(absent),
    // `show` gives the text without its last line end.
    show: (path, branch) =>
      remote.show(path, branch).then(
        (text) => `${text}\n`,
        () => undefined,
      ),
    countWith: async (text) => (await remote.commitsWith(text)).length,
    end: async () => {
      await repository.dispose();
      await remote.dispose();
    },
  };
});
