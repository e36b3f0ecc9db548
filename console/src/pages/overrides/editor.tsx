import { useId, useRef } from "preact/hooks";
import { lineOf, type Token } from "./json";
import type { Mark } from "./problems";

interface Props {
  label: string;
  text: string;
  tokens: Token[];
  marks: Mark[];
  change: (text: string) => void;
}

const CLASSES: { [kind: string]: string } = { key: "key", text: "str", number: "num", word: "num" };

/** JSON to be written, its words told apart by colour, and what is wrong with it shown where it stands. */
export function Editor({ label, text, tokens, marks, change }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const lines = text.split("\n").length;
  const goTo = (mark: Mark) => {
    if (mark.spot === null) return;
    area.current?.focus();
    area.current?.setSelectionRange(mark.spot.start, mark.spot.end);
  };
  // A new line begins where the one before did.
  const indent = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = area.current?.selectionStart ?? 0;
    const line = text.slice(text.lastIndexOf("\n", at - 1) + 1, at);
    const space = /^\s*/.exec(line)?.[0] ?? "";
    const deeper = /[[{]\s*$/.test(line) ? "  " : "";
    // The old way is the one that can be undone.
    if (space + deeper !== "" && document.execCommand("insertText", false, `\n${space}${deeper}`)) event.preventDefault();
  };
  return (
    <div class="editor-part">
      <label for={id}>{label}</label>
      <div class="editor" data-wrong={marks.length > 0}>
        <div class="gutter" aria-hidden="true">
          {Array.from({ length: lines }, (_, at) => (
            <span key={at} class={marks.some((mark) => mark.spot !== null && lineOf(text, mark.spot.start)[0] === at + 1) ? "bad" : ""}>
              {at + 1}
            </span>
          ))}
        </div>
        <div class="sheet">
          <pre aria-hidden="true">
            <Coloured text={text} tokens={tokens} marks={marks} />
            {"\n"}
          </pre>
          <textarea
            id={id}
            ref={area}
            value={text}
            spellcheck={false}
            autocomplete="off"
            wrap="off"
            aria-invalid={marks.length > 0}
            aria-describedby={marks.length > 0 ? `${id}-problems` : undefined}
            onInput={(event) => change(event.currentTarget.value)}
            onKeyDown={indent}
          />
        </div>
      </div>
      <div id={`${id}-problems`} role="status">
        {marks.length > 0 && (
          <ul class="problems">
            {marks.map((mark, at) => (
              <li key={at}>
                {mark.spot !== null && (
                  <button type="button" class="small" onClick={() => goTo(mark)}>
                    Line {lineOf(text, mark.spot.start).join(", column ")}
                  </button>
                )}{" "}
                <bdi>{mark.message}</bdi>
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}

function Coloured({ text, tokens, marks }: { text: string; tokens: Token[]; marks: Mark[] }) {
  const wrong = marks.flatMap((mark) => (mark.spot === null ? [] : [mark.spot]));
  const cuts = new Set([0, text.length]);
  for (const { start, end } of [...tokens, ...wrong]) cuts.add(start).add(Math.min(end, text.length));
  const places = [...cuts].sort((a, b) => a - b);
  let next = 0;
  return (
    <>
      {places.slice(0, -1).map((start, at) => {
        const end = places[at + 1] ?? text.length;
        while (next < tokens.length && (tokens[next]?.end ?? 0) <= start) next += 1;
        const token = tokens[next];
        const kind = token !== undefined && token.start <= start ? (CLASSES[token.kind] ?? "") : "";
        const isWrong = wrong.some((spot) => spot.start <= start && end <= Math.max(spot.end, spot.start + 1));
        return (
          <span key={start} class={isWrong ? `${kind} bad` : kind}>
            {text.slice(start, end)}
          </span>
        );
      })}
      {/* Something is missing at the end of the text. */}
      {wrong.some((spot) => spot.start >= text.length) && <span class="bad"> </span>}
    </>
  );
}
