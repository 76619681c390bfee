import { describe, expect, it } from "vitest";
import { isWord, wordIndex } from "./word-index.ts";

const demo = "apiVersion: cluster.x-k8s.io/v1beta2\nkind: Cluster\nmetadata: {name: shop-1, namespace: 'team.a'}\n--- # not shop-10!\n";

describe("the words of blobs", () => {
  it.each<[string, string, boolean]>([
    ["a name", "shop-1", true],
    ["a name in a comment", "shop-10", true],
    ["a name with a dot, in quotes", "team.a", true],
    ["a group, before the slash", "cluster.x-k8s.io", true],
    ["the beginning of a name", "shop", false],
    ["the end of a name", "a", false],
    ["a separator of documents", "---", false],
    ["what is not there", "toString", false],
  ])("%s: %s", (_, word, there) => {
    const index = wordIndex();
    index.add("1", Buffer.from(demo));
    expect(index.blobsWith(word)).toEqual(there ? ["1"] : []);
  });

  it("are noted once for each blob, whatever its text", () => {
    const index = wordIndex();
    index.add("1", Buffer.from("cp cp-2 cp"));
    index.add("1", Buffer.from("cp"));
    index.add("2", Buffer.from("Größe cp\n"));
    index.add("3", Buffer.from("Gr\xf6\xdfe cp-2\n", "latin1"));
    index.add("4", Buffer.alloc(0));
    expect(index.blobsWith("cp")).toEqual(["1", "2"]);
    expect(index.blobsWith("cp-2")).toEqual(["1", "3"]);
    expect(index.size).toBe(4);
    expect(["1", "4", "5"].map((id) => index.has(id))).toEqual([true, true, false]);
  });

  it("are no longer than a name may be (DNS-1123 subdomain: 253)", () => {
    const index = wordIndex();
    const [name, key] = ["n".repeat(253), "k".repeat(254)];
    index.add("1", Buffer.from(`${name} ${key}`));
    expect([name, key].map((word) => [isWord(word), index.blobsWith(word)])).toEqual([
      [true, ["1"]],
      [false, []],
    ]);
  });

  it.each([
    ["cp", true],
    ["10.0", true],
    ["-", false],
    ["", false],
    ["kubeadm:nodes", false],
    ["größe", false],
    ["a b", false],
  ])("%j is a word: %s", (text, expected) => {
    expect(isWord(text)).toBe(expected);
  });
});
