// JSON read with the places of what it says, so that a problem can be shown where it stands.

/** A part of the text. */
export interface Spot {
  start: number;
  end: number;
  /** For a text: where each of its characters begins. */
  letters?: number[];
}

export interface Token extends Spot {
  kind: "key" | "text" | "number" | "word";
}

export interface Read {
  value: unknown;
  /** By path, as `response_mapping.name`; the whole is the empty path. */
  spots: Map<string, Spot>;
  tokens: Token[];
}

/** Text that is no JSON, with what could be read of it. */
export class NoJson extends Error {
  constructor(
    readonly at: number,
    message: string,
    readonly tokens: Token[],
  ) {
    super(message);
  }
}

const DEEPEST = 60;
const ESCAPES: { [letter: string]: string } = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

export function readJson(text: string): Read {
  const spots = new Map<string, Spot>();
  const tokens: Token[] = [];
  let at = 0;

  const fail = (message: string, where = at): never => {
    throw new NoJson(Math.min(where, text.length), message, tokens);
  };
  const blank = () => {
    while (at < text.length && " \t\r\n".includes(text[at] ?? "")) at += 1;
  };
  const found = () => (at >= text.length ? "the end" : `\`${String.fromCodePoint(text.codePointAt(at) ?? 63)}\``);

  function string(kind: "key" | "text"): { value: string; spot: Spot } {
    const start = at;
    const letters: number[] = [];
    let value = "";
    at += 1;
    for (;;) {
      const letter = text[at];
      if (letter === undefined || letter === "\n") fail("this text is not ended by `\"`", start);
      if (letter === '"') break;
      letters.push(at);
      if (letter !== "\\") {
        const point = String.fromCodePoint(text.codePointAt(at) ?? 0);
        value += point;
        at += point.length;
        continue;
      }
      const escape = text[at + 1] ?? "";
      if (escape === "u") {
        const code = text.slice(at + 2, at + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(code)) fail("`\\u` takes four hexadecimal digits");
        value += String.fromCharCode(Number.parseInt(code, 16));
        at += 6;
        continue;
      }
      const known = ESCAPES[escape];
      if (known === undefined) fail(`\`\\${escape}\` is no escape of JSON; write \`\\\\\` for a backslash`);
      value += known;
      at += 2;
    }
    at += 1;
    const spot = { start, end: at, letters };
    tokens.push({ ...spot, kind });
    return { value, spot };
  }

  function value(path: string, depth: number): unknown {
    if (depth > DEEPEST) fail("this is nested too deep");
    blank();
    const start = at;
    const keep = (what: unknown, spot: Spot = { start, end: at }) => {
      spots.set(path, spot);
      return what;
    };
    const inside = (name: string) => (path === "" ? name : `${path}.${name}`);
    const letter = text[at];
    if (letter === '"') {
      const { value, spot } = string("text");
      return keep(value, spot);
    }
    if (letter === "{") {
      const members: [string, unknown][] = [];
      at += 1;
      blank();
      if (text[at] !== "}") {
        for (;;) {
          blank();
          if (text[at] !== '"') fail(`a member's name in \`"\` is expected here, not ${found()}`);
          const { value: name } = string("key");
          blank();
          if (text[at] !== ":") fail(`\`:\` is expected here, not ${found()}`);
          at += 1;
          members.push([name, value(inside(name), depth + 1)]);
          blank();
          if (text[at] === "}") break;
          if (text[at] !== ",") fail(`\`,\` or \`}\` is expected here, not ${found()}`);
          at += 1;
        }
      }
      at += 1;
      return keep(Object.fromEntries(members));
    }
    if (letter === "[") {
      const items: unknown[] = [];
      at += 1;
      blank();
      if (text[at] !== "]") {
        for (;;) {
          items.push(value(inside(String(items.length)), depth + 1));
          blank();
          if (text[at] === "]") break;
          if (text[at] !== ",") fail(`\`,\` or \`]\` is expected here, not ${found()}`);
          at += 1;
        }
      }
      at += 1;
      return keep(items);
    }
    const word = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.])/.exec(text.slice(at, at + 40))?.[0];
    if (word === undefined) fail(`a value is expected here, not ${found()}`);
    at += word?.length ?? 0;
    tokens.push({ start, end: at, kind: /^[tfn]/.test(word ?? "") ? "word" : "number" });
    return keep(JSON.parse(word ?? "null"));
  }

  const whole = value("", 0);
  blank();
  if (at < text.length) fail(`the JSON is over here, but ${found()} follows`);
  return { value: whole, spots, tokens };
}

/** The line and column of a place, from 1. */
export function lineOf(text: string, at: number): [number, number] {
  const before = text.slice(0, at);
  const begins = before.lastIndexOf("\n") + 1;
  return [before.split("\n").length, [...before.slice(begins)].length + 1];
}

/** JSON with a line for each member. Its numbers keep their digits, which reading them would not. */
export function pretty(text: string): string {
  let out = "";
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (inText) {
      out += letter;
      if (letter === "\\") out += text[(at += 1)] ?? "";
      else if (letter === '"') inText = false;
    } else if (letter === '"') {
      inText = true;
      out += letter;
    } else if (letter === "{" || letter === "[") {
      const rest = text.slice(at + 1).trimStart();
      if (rest[0] === "}" || rest[0] === "]") {
        out += letter + rest[0];
        at = text.length - rest.length;
      } else {
        depth += 1;
        out += `${letter}\n${"  ".repeat(depth)}`;
      }
    } else if (letter === "}" || letter === "]") {
      depth = Math.max(0, depth - 1);
      out += `\n${"  ".repeat(depth)}${letter}`;
    } else if (letter === ",") out += `,\n${"  ".repeat(depth)}`;
    else if (letter === ":") out += ": ";
    else if (!/\s/.test(letter)) out += letter;
  }
  return out;
}
