// Every page, in the order of the side.
import type { Page } from "./page";
import { accounts } from "./pages/accounts";
import { tokens } from "./pages/tokens";
import { webhook } from "./pages/webhook";
import { webhooks } from "./pages/webhooks";

export const pages: Page[] = [accounts, tokens, webhooks, webhook];
