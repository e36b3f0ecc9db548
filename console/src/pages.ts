// Every page, in the order of the side.
import type { Page } from "./page";
import { accounts } from "./pages/accounts";
import { log } from "./pages/log";
import { overrides } from "./pages/overrides";
import { tokens } from "./pages/tokens";
import { webhook } from "./pages/webhook";
import { webhooks } from "./pages/webhooks";

export const pages: Page[] = [accounts, overrides, log, tokens, webhooks, webhook];
