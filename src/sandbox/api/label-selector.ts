import { badRequest } from "./api-status-error.ts";

export type Labels = Readonly<Record<string, string>>;

export interface LabelSelector {
  matches(labels: Labels): boolean;
  /** The value that this label must have, if the selector says one: what an index can find. */
  valueOf(key: string): string | undefined;
}

interface Requirement {
  readonly key: string;
  readonly operator: "=" | "==" | "!=" | "in" | "notin" | ">" | "<" | "exists" | "!";
  readonly values: ReadonlySet<string>;
}

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k,l>1` (apimachinery/pkg/labels). Throws a 400 with the API server's words. */
export function labelSelector(text: string): LabelSelector {
  const requirements = parse(text);
  return {
    matches: (labels) => requirements.every((requirement) => holds(requirement, labels)),
    valueOf: (key) => {
      const found = requirements.find(
        (each) => each.key === key && (each.operator === "=" || each.operator === "==" || each.operator === "in"),
      );
      return found?.values.size === 1 ? [...found.values][0] : undefined;
    },
  };
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "=":
    case "==":
    case "in":
      return value !== undefined && values.has(value);
    case "!=":
    case "notin":
      return value === undefined || !values.has(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    case ">":
    case "<": {
      const [limit] = values;
      const number = Number(value);
      return value !== undefined && Number.isInteger(number) && (operator === ">" ? number > Number(limit) : number < Number(limit));
    }
  }
}

/** Words as apimachinery's lexer cuts them; "" is the end. */
function wordsOf(text: string): string[] {
  return [...(text.match(/==|!=|[=!()<>,]|[^\s=!()<>,]+/g) ?? []), ""];
}

const symbols = new Set(["==", "!=", "=", "!", "(", ")", "<", ">", ",", ""]);
const operators = ["=", "==", "!=", "in", "notin", ">", "<"] as const;

function parse(text: string): readonly Requirement[] {
  const words = wordsOf(text);
  const requirements: Requirement[] = [];
  let at = 0;
  const identifier = (): string | undefined => (symbols.has(words[at]!) ? undefined : words[at++]);
  if (words[0] === "") return [];
  for (;;) {
    if (words[at] !== "!" && symbols.has(words[at]!)) throw badRequest(`found '${words[at]}', expected: !, identifier, or 'end of string'`);
    requirements.push(requirement());
    const next = words[at++];
    if (next === "") return requirements;
    if (next !== ",") throw badRequest(`found '${next}', expected: ',' or 'end of string'`);
    if (words[at] !== "!" && symbols.has(words[at]!)) throw badRequest(`found '${words[at]}', expected: identifier after ','`);
  }

  function requirement(): Requirement {
    const not = words[at] === "!";
    if (not) at += 1;
    const key = identifier();
    if (key === undefined) throw badRequest(`unable to parse requirement: found '${words[at]}', expected: identifier`);
    if (not) return { key, operator: "!", values: new Set() };
    if (words[at] === "," || words[at] === "") return { key, operator: "exists", values: new Set() };
    const operator = operators.find((each) => each === words[at]);
    if (operator === undefined) {
      throw badRequest(`unable to parse requirement: found '${words[at]}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    at += 1;
    if (operator === "in" || operator === "notin") return { key, operator, values: valueList() };
    const value = words[at] === "," || words[at] === "" ? "" : identifier();
    if (value === undefined) throw badRequest(`unable to parse requirement: found '${words[at]}', expected: identifier`);
    if ((operator === ">" || operator === "<") && !/^[+-]?\d+$/.test(value)) {
      throw badRequest(
        `unable to parse requirement: values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      );
    }
    return { key, operator, values: new Set([value]) };
  }

  function valueList(): ReadonlySet<string> {
    if (words[at] !== "(") throw badRequest(`unable to parse requirement: found '${words[at]}' expected: '('`);
    at += 1;
    const values = new Set<string>();
    for (;;) {
      values.add(identifier() ?? "");
      const next = words[at];
      if (next !== "," && next !== ")") throw badRequest(`unable to parse requirement: found '${next}', expected: ',' or ')'`);
      at += 1;
      if (next === ")") return values;
    }
  }
}
