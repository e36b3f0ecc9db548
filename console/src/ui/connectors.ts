import { api } from "../api";

export interface Connector {
  name: string;
  label: string;
  about: string | null;
  authentication_methods: string[];
  unified: string[];
  resources: string[];
}

let asked: Promise<Connector[]> | null = null;

/** The connectors that this server knows; asked for once. */
export function connectors(): Promise<Connector[]> {
  asked ??= api<{ result: Connector[] }>("GET", "/integration").then(
    (answer) => answer.result,
    (error: unknown) => {
      asked = null;
      throw error;
    },
  );
  return asked;
}

/** A connector's own name for people. */
export function labelOf(known: Connector[] | null, name: string): string {
  return known?.find((connector) => connector.name === name)?.label ?? name;
}
