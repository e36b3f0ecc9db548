// The reference, alive: examples with the reader's own account, a page narrowed to one CRM, a filter, and calls
// tried against this very server. What comes from the server or the reader is only ever set as text.
"use strict";
(() => {
  const ACCOUNT = "YOUR_ACCOUNT_ID";
  const LONG = 400; // Texts beyond it are cut where they are shown.
  const kept = {
    get(name) { try { return localStorage.getItem(`crosswalk-${name}`) || ""; } catch { return ""; } },
    set(name, value) { try { localStorage.setItem(`crosswalk-${name}`, value); } catch { /* shut off */ } },
  };
  // The token is here and nowhere else.
  const reader = { token: "", account: "", crm: kept.get("crm"), language: kept.get("language"), accounts: [] };
  let page, calls, root;

  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }
  const say = (text) => { one("#said").textContent = text; };
  const base = () => root.href.replace(/\/$/, "");
  const label = (crm) => (page.crms.find(([name]) => name === crm) || [crm, crm])[1];

  // --- examples: the same holes as the server's own templates -----------------------

  const encoded = (text) => [...new TextEncoder().encode(text)].map((byte) => {
    const letter = String.fromCharCode(byte);
    return /[A-Za-z0-9\-_.~:,@]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
  const quoted = (text) => JSON.stringify(text).slice(1, -1);
  const shell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const query = (pairs) => (pairs.length ? `?${pairs.map(([name, value]) => `${name}=${encoded(value)}`).join("&")}` : "");
  function flags(pairs) {
    return pairs.map(([name, value]) => {
      const given = value && /^[A-Za-z0-9\-_.:@,]+$/.test(value) ? value : shell(value);
      const [plain, rest] = [name.split("[")[0], name.includes("[") ? name.slice(name.indexOf("[") + 1).replace(/\]+$/, "") : null];
      if (plain === "integrated_account_id") return ` --account ${given}`;
      if (plain === "sort_by") return rest ? ` --sort-by ${rest}:${given}` : ` --sort-by ${given}`;
      if (plain === "next_cursor" || plain === "remote_query" || /^(truto|crosswalk)_/.test(plain)) return "";
      const flag = rest && rest !== "eq" ? `${plain}-${rest}` : plain;
      return ` --${flag.replaceAll("_", "-")} ${given}`;
    }).join("");
  }
  function python(value) {
    if (value === null) return "None";
    if (value === true) return "True";
    if (value === false) return "False";
    if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
    if (typeof value === "object") return `{${Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${python(inner)}`).join(", ")}}`;
    return JSON.stringify(value);
  }
  function fill(template, values) {
    const text = template.replace(/\{\{#pairs\}\}([^]*?)\{\{\/pairs\}\}/g, (_, inside) =>
      values.pairs.map(([name, value]) => inside.replaceAll("{{name}}", () => name).replaceAll("{{value}}", () => quoted(value))).join(""));
    const body = values.body ?? null;
    const holes = {
      base: values.base, path: values.path, query: query(values.pairs), resource: values.path.split("/")[2] || "",
      id: quoted(values.id), flags: flags(values.pairs), shell: shell(JSON.stringify(body)), python: python(body),
      json: JSON.stringify(body, null, 2),
    };
    return text.replace(/\{\{(\w+)\}\}/g, (hole, name) => (name in holes ? holes[name] : hole));
  }

  // --- code in colours --------------------------------------------------------------

  const TOKENS = /("(?:[^"\\\n]|\\.)*")(\s*:)?|('(?:[^'\\\n]|\\.)*')|(`[^`]*`)|(^\s*#.*$|\/\/ .*$)|\b(true|false|null|True|False|None|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\b/gm;
  function colour(code, text, whole = text) {
    code.replaceChildren();
    if (text.length > 300000) text = `${text.slice(0, 300000)}\n…`;
    const isJson = code.dataset.lang === "json";
    let at = 0;
    const put = (kind, piece) => {
      let more = null;
      if (isJson && piece.length > LONG) {
        const letters = [...piece];
        if (letters.length > LONG) {
          more = make("span", { class: "more" }, ` … ${(letters.length - LONG).toLocaleString("en")} more letters`);
          piece = letters.slice(0, LONG).join("");
        }
      }
      code.append(make("span", { class: kind }, piece));
      if (more) code.append(more);
    };
    if (text.length < 120000) {
      for (const match of text.matchAll(TOKENS)) {
        const [, double, colon, single, tick, comment, plain] = match;
        if (comment && isJson) continue;
        code.append(text.slice(at, match.index));
        if (comment) put("c", comment);
        else if (plain) put("n", plain);
        else { put(colon && isJson ? "k" : "s", double || single || tick); code.append(colon || ""); }
        at = match.index + match[0].length;
      }
    }
    code.append(text.slice(at));
    const pre = code.parentElement;
    if (!one(".copy", pre)) {
      pre.append(make("button", { type: "button", class: "copy", onclick: async (event) => {
        try { await navigator.clipboard.writeText(pre.dataset.whole); event.target.textContent = "Copied"; } catch { event.target.textContent = "Can't copy here"; }
        setTimeout(() => { event.target.textContent = "Copy"; }, 1500);
      } }, "Copy"));
    }
    pre.dataset.whole = whole;
  }

  // --- tabs -------------------------------------------------------------------------

  function tabs(list, choose) {
    const buttons = all('[role="tab"]', list);
    const pick = (button, focus) => {
      for (const other of buttons) {
        other.setAttribute("aria-selected", other === button);
        other.tabIndex = other === button ? 0 : -1;
      }
      if (focus) button.focus();
      choose(button);
    };
    buttons.forEach((button, at) => {
      button.addEventListener("click", () => pick(button));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (step) { event.preventDefault(); pick(buttons[(at + step + buttons.length) % buttons.length], true); }
      });
    });
    return pick;
  }
  function languages(card) {
    const show = (key) => {
      if (!one(`pre[data-key="${key}"]`, card)) return;
      for (const pre of all("pre", card)) pre.classList.toggle("on", pre.dataset.key === key);
    };
    const pick = tabs(one(".tabs", card), (button) => {
      reader.language = button.dataset.key;
      kept.set("language", reader.language);
      for (const other of all(".samples")) other.choose(reader.language);
    });
    card.choose = (key) => {
      show(key);
      const chosen = one(`[role="tab"][data-key="${key}"]`, card);
      if (!chosen) return;
      for (const button of all('[role="tab"]', card)) {
        button.setAttribute("aria-selected", button === chosen);
        button.tabIndex = button === chosen ? 0 : -1;
      }
    };
    void pick;
    if (reader.language) card.choose(reader.language);
  }

  // --- one call: its form, its examples, its answer -----------------------------------

  class Call {
    constructor(id, told) {
      Object.assign(this, { id, told, rows: [], texts: {} });
      this.inputs = told.inputs.filter((input) => input.in === "query" && input.name !== "integrated_account_id" && input.name !== "crosswalk_explain");
      this.has = (name) => told.inputs.some((input) => input.name === name);
      this.samples = one(`[data-samples="${CSS.escape(id)}"]`);
      this.place = one(`[data-try="${CSS.escape(id)}"]`);
      this.build();
      if (this.samples) languages(this.samples);
      this.refresh();
    }

    build() {
      const send = make("button", { class: this.told.method === "DELETE" ? "send danger" : "send" }, `Send ${this.told.method}`);
      this.send = send;
      this.list = make("div", { class: "args" });
      this.form = make("form", { onsubmit: (event) => { event.preventDefault(); this.go(); }, oninput: () => this.refresh() });
      for (const input of this.told.inputs.filter((input) => input.in === "path")) this.form.append(this.pathRow(input));
      this.form.append(this.list);
      if (this.inputs.length) {
        this.form.append(make("button", { type: "button", class: "add", onclick: () => { this.add(this.free()).focus(); this.refresh(); } }, "+ Add a parameter"));
      }
      if (this.told.body !== null) {
        this.body = make("textarea", { "aria-label": "Body", spellcheck: "false" });
        this.body.value = JSON.stringify(this.told.body, null, 2);
        this.form.append(this.body);
      }
      this.explain = this.has("crosswalk_explain") ? make("input", { type: "checkbox" }) : null;
      if (this.explain) this.explain.checked = true;
      this.form.append(make("div", { class: "acts" }, send, this.explain && make("label", {}, this.explain, "Explain the answer")));
      this.out = make("div", { class: "out", hidden: true });
      this.place.replaceChildren(make("h3", {}, "Try it", make("span", { class: "kind" }, "against this server")), this.form, this.out);
      this.place.hidden = false;
      for (const input of this.inputs.filter((input) => input.first)) this.add(input, input.first);
    }

    pathRow(input) {
      const field = make("input", { id: `${this.id}-path-${input.name}`, autocomplete: "off", spellcheck: "false" });
      field.value = input.first === ACCOUNT ? reader.account : input.first;
      field.placeholder = input.first;
      this.texts[input.name] = { field, isAccount: input.first === ACCOUNT, first: input.first };
      return make("div", { class: "arg path" }, make("label", { for: field.id }, input.name), field);
    }

    free() { return this.inputs.find((input) => !this.rows.some((row) => row.name() === input.name)) || this.inputs[0]; }

    // A row of the query: which parameter, and its value.
    add(input, value = "") {
      const select = make("select", { "aria-label": "Parameter" }, ...this.inputs.map((known) => make("option", { value: known.name }, known.name)));
      select.value = input.name;
      const row = { element: make("div", { class: "arg" }) };
      const put = (chosen, value) => {
        const isFree = chosen.name.endsWith("[…]");
        row.member = isFree ? make("input", { "aria-label": "Name of the member", placeholder: "name" }) : null;
        row.field = chosen.options
          ? make("select", { "aria-label": `Value of ${chosen.name}` }, ...chosen.options.map((option) => make("option", {}, option)))
          : make("input", { "aria-label": `Value of ${chosen.name}`, placeholder: chosen.example || "value", autocomplete: "off", spellcheck: "false" });
        if (value) row.field.value = value;
        row.element.classList.toggle("free", isFree);
        row.element.replaceChildren(...[select, row.member, row.field, drop].filter(Boolean));
      };
      const drop = make("button", { type: "button", class: "drop", "aria-label": `Remove ${input.name}`, onclick: () => {
        this.rows = this.rows.filter((other) => other !== row);
        row.element.remove();
        this.refresh();
      } }, "×");
      row.name = () => (row.member ? select.value.replace("[…]", `[${row.member.value}]`) : select.value);
      select.addEventListener("change", () => put(this.inputs.find((known) => known.name === select.value), ""));
      put(input, value);
      this.rows.push(row);
      this.list.append(row.element);
      return row.field;
    }

    use(name) {
      const input = this.inputs.find((known) => known.name === name) || this.inputs.find((known) => known.name.startsWith(`${name}[`));
      if (!input) return;
      const field = this.rows.find((row) => row.name() === input.name)?.field || this.add(input, input.options ? "" : input.example);
      this.place.scrollIntoView({ block: "nearest" });
      field.focus();
      this.refresh();
    }

    values() {
      let path = this.told.path, id = "";
      for (const [name, text] of Object.entries(this.texts)) {
        const value = text.field.value.trim() || text.first;
        path = path.replace(`{${name}}`, encoded(value));
        id = value;
      }
      const pairs = this.has("integrated_account_id") ? [["integrated_account_id", reader.account || ACCOUNT]] : [];
      for (const row of this.rows) if (row.field.value !== "") pairs.push([row.name(), row.field.value]);
      let body = null;
      if (this.body) { try { body = JSON.parse(this.body.value); } catch { body = this.told.body; } }
      if (body && body.integrated_account_id === ACCOUNT && reader.account) body = { ...body, integrated_account_id: reader.account };
      return { base: base(), path, id, pairs, body };
    }

    refresh() {
      if (!this.samples) return;
      const values = this.values();
      for (const [key, template] of this.told.samples) {
        const code = one(`pre[data-key="${key}"] code`, this.samples);
        if (code) colour(code, fill(template, values));
      }
    }

    account() {
      for (const text of Object.values(this.texts)) if (text.isAccount) text.field.value = reader.account;
      this.refresh();
    }

    async go() {
      if (!this.told.open && !reader.token) return refuse("Type an API token first.");
      if (this.told.method === "DELETE" && !confirm(`Really ${this.told.method} ${this.values().path}?`)) return;
      const values = this.values();
      const pairs = values.pairs.filter(([name, value]) => name !== "integrated_account_id" || value !== ACCOUNT);
      if (this.explain?.checked) pairs.push(["crosswalk_explain", "true"]);
      const headers = {};
      if (!this.told.open) headers.Authorization = `Bearer ${reader.token}`;
      let body;
      if (this.body) {
        headers["Content-Type"] = "application/json";
        body = this.body.value === JSON.stringify(this.told.body, null, 2) ? JSON.stringify(values.body) : this.body.value;
      }
      this.send.setAttribute("aria-busy", "true");
      this.clear();
      const begun = performance.now();
      try {
        const response = await fetch(values.base + values.path + query(pairs), { method: this.told.method, headers, body, cache: "no-store" });
        const text = await response.text();
        this.show(response, text, performance.now() - begun);
      } catch (error) {
        this.failed(`The server can't be reached: ${error.message}`);
      }
      this.send.removeAttribute("aria-busy");
    }

    clear() {
      for (const field of all('[aria-invalid="true"]', this.form)) field.removeAttribute("aria-invalid");
      refuse("");
    }

    failed(message) {
      this.out.hidden = false;
      this.out.className = "out bad";
      this.out.replaceChildren(make("p", { class: "wrong", role: "alert" }, message));
    }

    show(response, text, milliseconds) {
      let json;
      try { json = JSON.parse(text); } catch { json = undefined; }
      const isBad = response.status >= 400;
      const bytes = new Blob([text]).size;
      const size = bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toLocaleString("en", { maximumFractionDigits: bytes < 102400 ? 1 : 0 })} kB`;
      const verdict = make("div", { class: "verdict" }, make("b", {}, `${response.status} ${response.statusText}`.trim()),
        make("span", { class: "kind" }, `${Math.round(milliseconds).toLocaleString("en")} ms`), make("span", { class: "kind" }, size));
      if (Array.isArray(json?.result)) verdict.append(make("span", { class: "kind" }, `${json.result.length} records${json.next_cursor ? ", and more" : ""}`));
      if (json?.next_cursor && this.inputs.some((input) => input.name === "next_cursor")) {
        verdict.append(make("button", { type: "button", class: "add", onclick: () => {
          const row = this.rows.find((row) => row.name() === "next_cursor");
          if (row) row.field.value = json.next_cursor; else this.add(this.inputs.find((input) => input.name === "next_cursor"), json.next_cursor);
          this.refresh();
          this.go();
        } }, "Next page"));
      }
      const views = [["Response", () => this.code(json === undefined ? text : pretty(text), text, json === undefined ? "text" : "json")]];
      if (json?.explain) views.unshift(["Explain", () => picture(json.explain, this.id)]);
      views.push(["Headers", () => {
        const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
        return this.code(lines, lines, "text");
      }]);
      const list = make("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the answer" });
      const panel = make("div", { role: "tabpanel", id: `${this.id}-answer`, "aria-label": `Answer of ${this.id}` });
      views.forEach(([name], at) => list.append(make("button", { type: "button", role: "tab", "aria-controls": panel.id, tabindex: at ? -1 : 0 }, name)));
      this.out.hidden = false;
      this.out.className = isBad ? "out bad" : "out";
      this.out.replaceChildren(verdict, ...(isBad ? [this.wrong(response, json, text)] : []), list, panel);
      const pick = tabs(list, (button) => panel.replaceChildren(views.find(([name]) => name === button.textContent)[1]()));
      pick(all("button", list)[isBad ? views.findIndex(([name]) => name === "Response") : views.findIndex(([name]) => name === "Response")]);
      say(`${response.status}, after ${Math.round(milliseconds)} milliseconds`);
    }

    code(text, whole, language) {
      const code = make("code", { "data-lang": language });
      const pre = make("pre", { tabindex: 0, role: "region", "aria-label": `Response of ${this.id}` }, code);
      colour(code, text, whole);
      return pre;
    }

    // The server's own words, and the parameters they name in red.
    wrong(response, json, text) {
      const message = json?.message || text.slice(0, 500) || "no body";
      const parts = message.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
      const insight = json?.truto_error_insight || {};
      const named = new Set(message.split(" Accepted are:")[0].split("`").filter((_, at) => at % 2));
      for (const key of ["unsupported_query_parameters", "missing_required_query_parameters"]) {
        for (const name of [].concat(insight[key]?.value || [])) named.add(String(name));
      }
      const is = (name) => named.has(name) || named.has(name.split("[")[0]);
      for (const row of this.rows) if (is(row.name())) row.field.setAttribute("aria-invalid", "true");
      for (const [name, { field }] of Object.entries(this.texts)) if (named.has(name)) field.setAttribute("aria-invalid", "true");
      if (this.body && [...named].some((name) => this.body.value.includes(`"${name.split(".").pop()}"`))) this.body.setAttribute("aria-invalid", "true");
      if (named.has("integrated_account_id") || /integrated account/.test(message)) one("#account")?.setAttribute("aria-invalid", "true");
      if (response.status === 401 && !json?.truto_is_remote_error) one("#token")?.setAttribute("aria-invalid", "true");
      return make("p", { class: "wrong", role: "alert" }, ...parts);
    }
  }

  // JSON laid out without reading its numbers: they stay as the server spelled them.
  function pretty(text) {
    let out = "", depth = 0, at = 0;
    const line = () => `\n${"  ".repeat(depth)}`;
    while (at < text.length) {
      const letter = text[at];
      if (letter === '"') {
        let end = at + 1;
        while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
        out += text.slice(at, end + 1);
        at = end + 1;
        continue;
      }
      if (letter === "{" || letter === "[") {
        const empty = /^[{[]\s*[}\]]/.exec(text.slice(at, at + 40));
        if (empty) { out += letter + (letter === "{" ? "}" : "]"); at += empty[0].length; continue; }
        depth += 1;
        out += letter + line();
      } else if (letter === "}" || letter === "]") {
        depth -= 1;
        out += line() + letter;
      } else if (letter === ",") out += letter + line();
      else if (letter === ":") out += ": ";
      else if (!/\s/.test(letter)) out += letter;
      at += 1;
    }
    return out;
  }

  const readable = (url) => { try { return decodeURIComponent(url); } catch { return url; } };

  // How an answer came about, as a picture.
  function picture(explain, id) {
    const part = (title, ...children) => make("div", {}, make("h4", {}, title), ...children);
    const who = label(explain.integration);
    const kept = make("span", { class: "kept" });
    kept.style.width = `${explain.scanned ? Math.max(1, (100 * explain.kept) / explain.scanned) : 0}%`;
    const pushed = explain.pushed.map((pushed) => make("li", {}, make("code", {}, pushed.parameter), ` as ${pushed.vendor} `,
      make("span", { class: "tag" }, pushed.exact ? "exact" : "at least those")));
    const rechecked = explain.rechecked.map((name) => make("li", {}, make("code", {}, name)));
    const whole = Math.max(1, ...explain.vendor_requests.map((request) => request.started_after + request.milliseconds));
    const lanes = explain.vendor_requests.map((request) => {
      const bar = make("span");
      bar.style.left = `${Math.min(98, (100 * request.started_after) / whole)}%`;
      bar.style.width = `${(100 * request.milliseconds) / whole}%`;
      const isBad = !(request.status < 400);
      return make("div", { class: isBad ? "failed" : "" },
        make("div", { class: "what" }, make("span", { title: request.url }, `${request.method} ${readable(request.url)}`), make("span", {}, request.fault || String(request.status ?? "no answer")), make("span", {}, `${request.milliseconds} ms`)),
        make("div", { class: "lane" }, bar));
    });
    const none = (text) => make("p", { class: "note" }, text);
    return make("div", { class: "picture", tabindex: 0, role: "region", "aria-label": `How the answer of ${id} came about` },
      part(`Read from ${who}, and kept`, make("div", { class: "sieve" }, make("span", {}, `${explain.scanned} read`), make("span", { class: "pipe" }, kept), make("span", {}, `${explain.kept} kept`))),
      part(`${who} filters`, pushed.length ? make("ul", {}, ...pushed) : none("Nothing: all filtering was done here.")),
      part("Checked here on every record", rechecked.length ? make("ul", {}, ...rechecked) : none("Nothing was asked for.")),
      part("Sorted", none(explain.sorted_by === "vendor" ? `by ${who}` : explain.sorted_by === "here" ? "here" : "not at all: the CRM's own order stands")),
      part(`Requests to ${who}`, make("div", { class: "fall" }, ...lanes)),
      explain.quota_remaining ? part("Left of the quota", none(explain.quota_remaining)) : null);
  }

  // --- the reader's token, account and CRM --------------------------------------------

  function refuse(message) {
    const note = one("#you-note");
    if (!note) return;
    note.classList.toggle("bad", Boolean(message));
    if (message) {
      note.textContent = message;
      one("#token").setAttribute("aria-invalid", "true");
      one("#token").focus();
    } else for (const field of all('#you [aria-invalid="true"]')) field.removeAttribute("aria-invalid");
  }

  async function meet() {
    const note = one("#you-note");
    const ask = (path) => fetch(`${base()}${path}`, { headers: { Authorization: `Bearer ${reader.token}` }, cache: "no-store" });
    try {
      let answer = await ask("/integrated-account?limit=1000");
      if (answer.status === 403) {
        answer = await ask("/integrated-account/me");
        if (answer.ok) reader.accounts = [await answer.json()];
      } else if (answer.ok) reader.accounts = (await answer.json()).result;
      if (!answer.ok) return refuse((await answer.json()).message);
    } catch (error) { return refuse(`The server can't be reached: ${error.message}`); }
    refuse("");
    const count = reader.accounts.length;
    note.textContent = `${count === 1 ? "One account" : `${count} accounts`} found. The token stays in this page's memory.`;
    offer();
    if (!reader.account) choose((reader.accounts.find((account) => account.integration === reader.crm) || reader.accounts[0])?.id || "");
  }
  function offer() {
    one("#accounts")?.replaceChildren(...reader.accounts.map((account) =>
      make("option", { value: account.id }, `${label(account.integration)} · ${account.tenant_id || "no tenant"} · ${account.status}`)));
  }
  function choose(id) {
    reader.account = id;
    const field = one("#account");
    if (field) field.value = id;
    for (const call of calls) call.account();
    live();
  }
  // Commands that stand by themselves.
  function live() {
    for (const code of all("code[data-live]")) {
      code.whole ??= code.textContent;
      colour(code, code.whole.replaceAll(page.base, base()).replaceAll(ACCOUNT, reader.account || ACCOUNT));
    }
  }
  function you() {
    const form = one("#you");
    if (!form) return;
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    const [token, account, crm] = [one("#token"), one("#account"), one("#crm")];
    token.value = reader.token;
    account.value = reader.account;
    crm.options[0].textContent = `All ${page.crms.length} CRMs`;
    crm.append(...page.crms.map(([name, text]) => make("option", { value: name }, text)));
    crm.value = page.crms.some(([name]) => name === reader.crm) ? reader.crm : "";
    offer();
    let wait;
    token.addEventListener("input", () => {
      reader.token = token.value.trim();
      clearTimeout(wait);
      if (reader.token) wait = setTimeout(meet, 350);
    });
    account.addEventListener("input", () => choose(account.value.trim()));
    crm.addEventListener("change", () => {
      reader.crm = crm.value;
      kept.set("crm", reader.crm);
      const own = reader.accounts.find((account) => account.integration === reader.crm);
      if (own) choose(own.id);
      narrow();
    });
  }

  // Narrows the page to one CRM.
  function narrow() {
    const crm = one("#crm") && reader.crm;
    const who = crm && label(crm);
    for (const row of all(".row[data-matrix]")) {
      const [mine, support] = [one(":scope > .mine", row), one(":scope > .support", row)];
      const item = crm && one(`li[data-crm="${CSS.escape(crm)}"]`, support);
      const words = item && all("small", item).map((small) => small.textContent).join("; ");
      mine.hidden = !crm;
      support.hidden = Boolean(crm);
      row.classList.toggle("absent", Boolean(crm && !item));
      mine.classList.toggle("by-vendor", Boolean(item && (item.classList.contains("by-vendor") || support.dataset.use === "field")));
      if (!crm) continue;
      if (!item) mine.textContent = `${who} has none`;
      else if (support.dataset.use === "sort") mine.textContent = `${who}: ${words}${words.includes("*") ? " (* sorted by the CRM itself)" : ", sorted here"}`;
      else if (support.dataset.use === "field") mine.textContent = `${who} gives it`;
      else mine.textContent = item.classList.contains("by-vendor") ? `${who} filters ${words} itself; the rest is filtered here` : `Filtered here${words ? `; ${words}` : ""}`;
    }
    for (const row of all(".matrix tbody tr")) row.hidden = Boolean(crm) && row.dataset.crm !== crm;
    setup(crm);
  }
  async function setup(crm) {
    const place = one("#mine");
    if (!place) return;
    place.hidden = true;
    place.replaceChildren();
    if (!crm) return;
    try {
      const answer = await fetch(`${base()}/docs/crm/${encodeURIComponent(crm)}`);
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#setup");
      if (!answer.ok || !found || reader.crm !== crm) return;
      place.className = "setup";
      place.replaceChildren(...document.adoptNode(found).childNodes);
      place.hidden = false;
      live();
    } catch { /* The page is whole without it. */ }
  }

  // --- the filter ---------------------------------------------------------------------

  function filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = (element) => { const whole = element.toLowerCase(); return words.every((word) => whole.includes(word)); };
    let shown = 0;
    const visit = (row) => {
      const own = [one(":scope > .line", row), ...all(":scope > p:not(.mine)", row)].map((part) => part?.textContent || "").join(" ");
      const inner = all(":scope > .inner > .rows > .row", row).map(visit).some(Boolean);
      const is = hits(own) || inner;
      if (is && words.length && inner && !hits(own)) one(":scope > .inner", row).open = true;
      row.hidden = !is;
      shown += is;
      return is;
    };
    for (const section of all(".op")) {
      const rows = all(":scope > .told > .rows", section).map((rows) => all(":scope > .row", rows).map(visit).some(Boolean));
      const title = one("h2", section).textContent + one(".route", section).textContent;
      section.hidden = words.length > 0 && !rows.some(Boolean) && !hits(title);
    }
    for (const row of all(".grid li, main > section:not(.matrix) tbody tr, #side .pages ul li, #side .all li")) row.hidden = !hits(row.textContent);
    if (words.length && one("#side .all")) one("#side .all").open = true;
    if (words.length) say(`${shown} shown`);
  }

  // --- the page -----------------------------------------------------------------------

  function theme() {
    const button = one("#theme");
    const told = () => button.setAttribute("aria-label", `Colours: ${document.documentElement.dataset.theme || "as the system"}`);
    button.addEventListener("click", () => {
      const next = { "": "light", light: "dark", dark: "" }[document.documentElement.dataset.theme || ""];
      if (next) document.documentElement.dataset.theme = next; else delete document.documentElement.dataset.theme;
      kept.set("theme", next);
      told();
    });
    told();
  }
  function menu() {
    const [button, side] = [one("#menu"), one("#side")];
    const set = (open) => { side.classList.toggle("open", open); button.setAttribute("aria-expanded", open); };
    button.addEventListener("click", () => set(!side.classList.contains("open")));
    side.addEventListener("click", (event) => { if (event.target.closest("a")) set(false); });
  }

  function begin() {
    const told = JSON.parse(one("#data").textContent);
    page = told;
    root = new URL(document.documentElement.dataset.root, location.href);
    theme();
    menu();
    you();
    calls = Object.entries(told.page.operations).map(([id, operation]) => new Call(id, operation));
    for (const button of all(".use")) {
      button.hidden = false;
      button.addEventListener("click", () => calls.find((call) => call.id === button.dataset.operation)?.use(button.dataset.use));
    }
    for (const code of all(".answer code[data-lang]")) colour(code, code.textContent);
    live();
    if (one("#crm")) narrow();
    one("#find").addEventListener("input", (event) => filter(event.target.value));
  }

  // Pages follow one another without a reload, so that the token stays in memory.
  async function go(href, push) {
    try {
      const answer = await fetch(href);
      if (!answer.ok) throw new Error(String(answer.status));
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!next.querySelector("#data")) throw new Error("no page");
      if (push) history.pushState(null, "", href);
      document.title = next.title;
      document.documentElement.dataset.root = next.documentElement.dataset.root;
      document.body.replaceChildren(...document.adoptNode(next.body).childNodes);
      begin();
      const target = location.hash && document.getElementById(location.hash.slice(1));
      if (target) target.scrollIntoView(); else scrollTo(0, 0);
      one("#main").focus({ preventScroll: true });
    } catch { location.href = href; }
  }
  let shownPath = location.pathname;
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    const isPage = url.origin === location.origin && /\/docs(\/[^.]*)?$/.test(url.pathname);
    if (!isPage || url.pathname === location.pathname) return;
    event.preventDefault();
    shownPath = url.pathname;
    go(url.href, true);
  });
  addEventListener("popstate", () => {
    if (location.pathname === shownPath) return;
    shownPath = location.pathname;
    go(location.href, false);
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); one("#find").focus(); }
    if (event.key === "Escape") {
      if (event.target.id === "find") { event.target.value = ""; filter(""); event.target.blur(); }
      if (one("#side").classList.contains("open")) one("#menu").click();
    }
  });
  begin();
})();
