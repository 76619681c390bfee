import { describe, expect, it } from "vitest";
import { table } from "./table.ts";

describe("table", () => {
  it("pads columns to their widest cell, and leaves no blanks at the end of a line", () => {
    expect(
      table(
        ["NAME", "STATE", "WHY"],
        [
          ["a-long-name", "Settled", ""],
          ["b", "Failed", "no template"],
        ],
      ),
    ).toBe(
      [
        "NAME          STATE     WHY", //
        "a-long-name   Settled",
        "b             Failed    no template",
      ].join("\n"),
    );
  });

  it("without rows is its header", () => {
    expect(table(["NAME", "STATE"], [])).toBe("NAME   STATE");
  });

  it("cells that are missing are empty", () => {
    expect(table(["A", "B", "C"], [["1"], ["1", "2", "3"]])).toBe("A   B   C\n1\n1   2   3");
  });

  it("a cell of several lines is put into one", () => {
    expect(table(["NAME", "WHY"], [["md-0", "Drain not completed yet:\n* Pod default/nginx: still there\n"]])).toBe(
      "NAME   WHY\nmd-0   Drain not completed yet: * Pod default/nginx: still there",
    );
  });

  it("colours have no width, and a sign of several code units has one", () => {
    expect(
      table(
        ["VERSION", "X"],
        [
          ["\u001b[33mv1 ≠\u001b[39m", "a"],
          ["𝕧1", "b"],
        ],
      ),
    ).toBe("VERSION   X\n\u001b[33mv1 ≠\u001b[39m      a\n𝕧1        b");
  });
});
