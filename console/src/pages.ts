// Every page, in the order of the side.
import type { Page } from "./page";
import { account } from "./pages/account";
import { accounts } from "./pages/accounts";
import { connect } from "./pages/connect";
import { log } from "./pages/log";
import { overrides } from "./pages/overrides";
import { playground } from "./pages/playground";
import { tokens } from "./pages/tokens";
import { webhook } from "./pages/webhook";
import { webhooks } from "./pages/webhooks";

export const pages: Page[] = [accounts, account, connect, playground, overrides, log, tokens, webhooks, webhook];
