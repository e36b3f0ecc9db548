// Every page, in the order of the side.
import type { Page } from "./page";
import { accounts } from "./pages/accounts";
import { log } from "./pages/log";
import { tokens } from "./pages/tokens";
import { webhook } from "./pages/webhook";
import { webhooks } from "./pages/webhooks";

export const pages: Page[] = [accounts, log, tokens, webhooks, webhook];
