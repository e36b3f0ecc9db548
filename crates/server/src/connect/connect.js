'use strict';
(() => {
  const role = document.body.dataset.role;
  const opener = window.opener;
  const find = (selector) => document.querySelector(selector);

  // The message goes to whoever opened the page. It names an account and holds no secret.
  const tell = (message) => {
    if (role === 'frame' && window.parent !== window) window.parent.postMessage(message, '*');
    else if (role === 'window' && opener) opener.postMessage(message, '*');
  };

  // --- how it ended ---------------------------------------------------------------------------
  const ended = find('[data-outcome]');
  const outcome = ended && JSON.parse(ended.dataset.outcome);
  const flow = find('[data-flow]');
  if (flow) {
    // A reload shows the end again, and does not come by the callback with its spent code.
    history.replaceState(null, '', `${flow.dataset.done}?flow=${flow.dataset.flow}${role === 'frame' ? '&iframe=true' : ''}`);
    if (role === 'helper') {
      if (opener) opener.postMessage({ crosswalk: flow.dataset.flow }, location.origin);
      window.close();
    }
  }
  if (outcome) {
    // In a frame another try stays possible until the person closes it.
    const final = outcome.result === 'success' || role === 'window' || !find('[data-retry]');
    if (final) tell(outcome);
  }

  // --- closing ----------------------------------------------------------------------------------
  const close = find('[data-close]');
  const framed = role === 'frame' && window.parent !== window;
  const leave = () => {
    if (framed) tell(outcome && outcome.error ? outcome : 'closed');
    else window.close();
  };
  if (close && (framed || opener)) {
    close.hidden = false;
    close.addEventListener('click', leave);
    if (framed) document.addEventListener('keydown', (event) => event.key === 'Escape' && leave());
  }

  // --- the search ---------------------------------------------------------------------------------
  const search = find('[data-search]');
  if (search) {
    const items = [...document.querySelectorAll('[data-crms] > li')];
    const none = find('[data-none]');
    const filter = () => {
      const words = search.value.trim().toLowerCase();
      let shown = 0;
      for (const item of items) {
        item.hidden = !item.dataset.words.includes(words);
        shown += item.hidden ? 0 : 1;
      }
      none.hidden = shown > 0;
    };
    search.addEventListener('input', filter);
    search.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      const first = items.find((item) => !item.hidden);
      if (first && search.value.trim()) first.querySelector('a').click();
    });
    filter();
  }

  // --- the form -------------------------------------------------------------------------------------
  const alertBox = find('[data-alert]');
  const form = find('[data-form]');
  const shownAlert = find('[role="alert"]:not([hidden])');
  if (shownAlert) shownAlert.focus();
  if (!form) return;
  const wrongField = form.querySelector('[aria-invalid="true"]');
  if (wrongField) wrongField.focus();
  const button = form.querySelector('button[type="submit"]');
  const progress = form.querySelector('[data-progress]');
  const { label } = form.dataset;
  const before = [button.textContent, progress.textContent];

  const busy = (words) => {
    // After the browser has taken the form along: a disabled button would keep it from that.
    setTimeout(() => { button.disabled = true; }, 0);
    form.setAttribute('aria-busy', 'true');
    progress.classList.add('busy');
    progress.textContent = words;
    alertBox.hidden = true;
  };
  const ready = (problem) => {
    setTimeout(() => { button.disabled = false; }, 0);
    form.removeAttribute('aria-busy');
    progress.classList.remove('busy');
    [button.textContent, progress.textContent] = before;
    if (!problem) return;
    alertBox.textContent = problem;
    alertBox.hidden = false;
    alertBox.focus();
  };
  // Back from the vendor with the browser's own button.
  window.addEventListener('pageshow', (event) => event.persisted && ready());

  for (const input of form.querySelectorAll('input')) {
    const problem = document.getElementById(`${input.id}-problem`);
    const show = (words) => {
      problem.textContent = words;
      if (words) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    };
    input.addEventListener('input', () => show(''));
    if (!('setting' in input.dataset)) continue;
    input.addEventListener('change', async () => {
      const value = input.value.trim();
      if (!value) return;
      const query = new URLSearchParams({ integration: form.dataset.integrationName, name: input.name, value });
      try {
        const answer = await (await fetch(`${form.dataset.check}?${query}`)).json();
        if (input.value.trim() !== value) return;
        if (answer.ok) input.value = answer.value;
        else if (answer.message) show(answer.message);
      } catch {
        // The server checks again when the form is sent.
      }
    });
  }

  if (!('consent' in form.dataset)) {
    form.addEventListener('submit', () => busy(`Asking ${label} whether this works…`));
    return;
  }
  if (!framed) {
    form.addEventListener('submit', () => busy(`Taking you to ${label}…`));
    return;
  }

  // In a frame the consent goes on in a window beside it, and this page waits for its end.
  const action = form.action;
  let waiting = 0;
  const arrive = (id) => location.replace(`${form.dataset.done}?flow=${encodeURIComponent(id)}&iframe=true`);
  window.addEventListener('message', (event) => {
    if (event.origin === location.origin && event.data && typeof event.data.crosswalk === 'string') arrive(event.data.crosswalk);
  });
  form.addEventListener('submit', () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const attempt = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    form.action = `${action}&attempt=${attempt}`;
    const beside = window.open('', form.target, 'popup,width=640,height=760');
    if (!beside) form.target = '_blank';
    busy(`Go on in the window of ${label} that has opened…`);
    const query = new URLSearchParams({ link_token: form.dataset.token, attempt });
    const mine = ++waiting;
    let closedFor = 0;
    const look = async () => {
      if (mine !== waiting) return;
      try {
        const answer = await (await fetch(`${form.dataset.status}?${query}`)).json();
        if (answer.flow) return arrive(answer.flow);
      } catch {
        // The network may be back with the next look.
      }
      // A vendor may cut the tie to its window, which looks closed from here then: the answer is still waited for.
      closedFor = beside && beside.closed ? closedFor + 1 : 0;
      if (closedFor === 4) ready(`The window of ${label} was closed before the connection was allowed.`);
      setTimeout(look, closedFor > 3 ? 3000 : 1000);
    };
    setTimeout(look, 1000);
  });
})();
