// From what the server says is wrong to the place in the text where it stands.
import { ApiError } from "../../api";
import { type Read, type Spot } from "./json";

/** A problem with its place, if it has one in this text. */
export interface Mark {
  message: string;
  spot: Spot | null;
}

interface Told {
  member: string;
  position: number | null;
  message: string;
}

/** What an error says of overrides; nothing if it is about something else. */
export function problemsOf(error: unknown): Told[] | null {
  if (!(error instanceof ApiError)) return null;
  const value = error.insight.override_problems?.value;
  return Array.isArray(value) ? (value as Told[]) : null;
}

/** Finds a problem in a text whose whole is called `prefix` by the server. */
export function markOf(told: Told, prefix: string, read: Read): Mark {
  const elsewhere = { message: `${told.member}: ${told.message}`, spot: null };
  if (told.member !== prefix && !told.member.startsWith(`${prefix}.`)) return elsewhere;
  const member = told.member.slice(prefix.length + 1);
  const message = `${member === "" ? "" : `${member}: `}${told.message}`;
  // What is no member of its own is a part of one.
  for (let path = member; ; path = path.slice(0, Math.max(0, path.lastIndexOf(".")))) {
    const long = read.spots.get(path === "" ? "value" : `${path}.value`);
    const spot = told.position !== null && long?.letters !== undefined ? long : read.spots.get(path);
    if (spot !== undefined) return { message, spot: told.position === null ? spot : within(spot, told.position) };
    if (path === "") return { message, spot: null };
  }
}

/** One character of a text, from 1. */
function within(spot: Spot, position: number): Spot {
  const letters = spot.letters;
  if (letters === undefined) return spot;
  // At its end something is missing: its last quote is marked.
  const start = letters[position - 1] ?? spot.end - 1;
  return { start, end: letters[position] ?? Math.max(start + 1, spot.end - 1) };
}
