/* The tablet's own memory: drafts of visits, visits not yet sent, and the day's list, for a stairwell without network.
   What a person typed is encrypted under a key that the server gives to whoever is signed in (docs/offline.md).
   Pages work without this script; it does nothing where the browser lacks what it needs. */
(() => {
  "use strict";
  const words = document.getElementById("offline-words");
  if (!words || !window.isSecureContext || !window.indexedDB || !window.crypto?.subtle) return;

  const SEND_WITHIN = 15000;
  const FIRST_TRY = 8000;
  const RETRY_EVERY = 30000;
  const KEEP_SENT = 14 * 86400000;
  const shell = document.getElementById("offline");
  const pageUser = words.dataset.user;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (key, value) => {
    const text = document.querySelector(`[data-key="${CSS.escape(key)}"]`)?.textContent ?? "";
    return value === undefined ? text : text.replace("{n}", value);
  };
  const make = (tag, className = "", text = "") => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };
  const button = (text, className, act) => {
    const node = make("button", className, text);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  };

  /* --- the store ---------------------------------------------------------------------------------------------- */
  /* records: {id, kind: "visit" | "draft" | "day", user, state, at, epoch, box}; only `box` says what was typed */

  let opening = null;
  const store = () =>
    (opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open("qinlian", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("keys", { keyPath: "user" });
        request.result.createObjectStore("records", { keyPath: "id" });
        request.result.createObjectStore("facts", { keyPath: "name" });
      };
      request.onsuccess = () => {
        request.result.onclose = request.result.onversionchange = () => {
          request.result.close();
          opening = null; /* iOS closes databases at will: open it again when it is next needed */
        };
        resolve(request.result);
      };
      request.onerror = () => reject(request.error);
    }).catch((error) => {
      opening = null;
      throw error;
    }));

  const run = async (table, mode, act) => {
    const db = await store();
    return new Promise((resolve, reject) => {
      const change = db.transaction(table, mode, { durability: "strict" });
      const request = act(change.objectStore(table));
      change.oncomplete = () => resolve(request?.result);
      change.onerror = change.onabort = () => reject(change.error);
    });
  };
  const get = (table, id) => run(table, "readonly", (s) => s.get(id));
  const list = (table) => run(table, "readonly", (s) => s.getAll());
  const put = (table, value) => run(table, "readwrite", (s) => s.put(value));
  const remove = (table, id) => run(table, "readwrite", (s) => s.delete(id));

  /* --- the key ------------------------------------------------------------------------------------------------ */

  let key = null;
  let user = null;

  const forget = () => run("keys", "readwrite", (s) => s.clear());

  async function unlock() {
    if (key) return true;
    const kept = await list("keys");
    if (!pageUser) {
      if (!shell || kept.length !== 1) return false;
      [{ key, user }] = kept;
      return true;
    }
    const own = kept.find((k) => k.user === pageUser);
    if (kept.some((k) => k.user !== pageUser)) await forget(); /* another person holds the tablet now */
    if (own) [key, user] = [own.key, pageUser];
    else await fetchKey();
    return Boolean(key);
  }

  async function fetchKey() {
    const answer = await fetch("/account/device-key", { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const given = await answer.json();
    if (given.user_id !== pageUser) return;
    const raw = Uint8Array.from(atob(given.key), (c) => c.charCodeAt(0));
    const imported = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    raw.fill(0);
    await forget();
    await put("keys", { user: pageUser, key: imported, version: given.key_version });
    [key, user] = [imported, pageUser];
  }

  /* The record's id and owner are bound into the box, so that boxes cannot be exchanged. */
  const bound = (id) => new TextEncoder().encode(`${user}/${id}`);

  async function seal(id, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const text = new TextEncoder().encode(JSON.stringify(value));
    return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound(id) }, key, text) };
  }

  async function unseal(record) {
    try {
      const how = { name: "AES-GCM", iv: record.box.iv, additionalData: bound(record.id) };
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt(how, key, record.box.data)));
    } catch {
      return null;
    }
  }

  async function own(kind) {
    const found = [];
    for (const record of await list("records")) {
      if (record.kind !== kind || record.user !== user) continue;
      const value = await unseal(record);
      if (value) found.push({ record, value });
    }
    return found.sort((a, b) => a.record.at - b.record.at);
  }

  async function keep(kind, id, value, more = {}) {
    await put("records", { id, kind, user, at: Date.now(), ...more, box: await seal(id, value) });
  }

  /* --- forms -------------------------------------------------------------------------------------------------- */

  const typedIn = (form) =>
    [...new FormData(form)].filter(([name, value]) => name !== "_csrf" && typeof value === "string");
  const visitId = (form) => form.getAttribute("action").split("/")[2].split("?")[0];
  const versionOf = (form) => form.elements.namedItem("_version")?.value || "";

  function fill(form, pairs) {
    const has = new Set(pairs.map(([name, value]) => `${name}\n${value}`));
    const single = new Map(pairs);
    for (const field of form.elements) {
      if (!field.name || field.name === "_csrf" || field.type === "submit") continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = has.has(`${field.name}\n${field.value}`);
      else if (single.has(field.name)) field.value = single.get(field.name);
    }
    const times = form.querySelector(".when");
    if (times && single.get("next_due_on")) times.open = true;
  }

  /* The same object that the server makes of a form (core/forms.py), for this one form. */
  function toVisit(pairs) {
    const visit = { people_met: [], needs: [] };
    const needs = new Map();
    for (const [name, value] of pairs) {
      const [first, index, part] = name.split(".");
      if (first === "needs") {
        if (!needs.has(index)) needs.set(index, {});
        needs.get(index)[part] = part === "urgent" ? true : value;
      } else if (name === "people_met") visit.people_met.push(value);
      else if (name === "next_due_on") visit.next_due_on = value || null;
      else if (!name.startsWith("_")) visit[name] = value;
    }
    visit.needs = [...needs.values()].filter((need) => need.category);
    return visit;
  }

  const peopleIn = (form) =>
    all('input[name="people_met"]', form).map((box) => ({
      id: box.value,
      texts: [...box.nextElementSibling.childNodes].map((n) => n.textContent),
    }));

  function addPerson(chips, id, texts, met) {
    const label = make("label", "chip");
    const box = make("input");
    Object.assign(box, { type: "checkbox", name: "people_met", value: id, defaultChecked: met, checked: met });
    const text = make("span", "", texts[0]);
    texts.slice(1).forEach((more) => text.append(make("small", "", more)));
    label.append(box, text);
    chips.append(label);
  }

  /* --- drafts ------------------------------------------------------------------------------------------------- */

  const draftKey = (form) => `draft:${visitId(form)}`;
  const draftsOf = async (form) =>
    (await own("draft")).filter(({ value }) =>
      versionOf(form) || form.dataset.record ? value.visit === visitId(form) : !value.version && value.household === form.dataset.household,
    );

  function watchDraft(form) {
    let timer = 0;
    let changed = false;
    const save = async () => {
      clearTimeout(timer);
      if (!changed || form.dataset.done) return;
      changed = false;
      const version = versionOf(form);
      const value = { visit: visitId(form), household: form.dataset.household, label: form.dataset.label, version };
      try {
        await keep("draft", draftKey(form), { ...value, pairs: typedIn(form) });
      } catch {
        changed = true;
      }
    };
    const note = () => {
      changed = true;
      clearTimeout(timer);
      timer = setTimeout(save, 150);
    };
    form.addEventListener("input", note);
    form.addEventListener("change", note);
    document.addEventListener("visibilitychange", () => document.hidden && save());
    window.addEventListener("pagehide", save);
    form.saveDraft = save;
  }

  async function dropDrafts(id, household) {
    for (const { record, value } of await own("draft"))
      if (value.visit === id || (household && !value.version && value.household === household)) await remove("records", record.id);
  }

  async function restoreDraft(form) {
    if ("refused" in form.dataset) return; /* the server has just shown what was typed */
    const draft = (await draftsOf(form)).at(-1);
    if (!draft || form.dataset.touched) return;
    form.action = `/visits/${draft.value.visit}?_method=put`;
    fill(form, draft.value.pairs);
    const note = make("div", "note wide restored");
    note.setAttribute("role", "status");
    const text = make("span", "", `${say("restored")} · ${say("draft-at", moment(draft.record.at))}`);
    const undo = button(say("discard"), "btn quiet", async () => {
      form.dataset.done = "yes";
      await dropDrafts(draft.value.visit, form.dataset.household);
      location.reload();
    });
    note.append(text, undo);
    form.prepend(note);
  }

  const moment = (at) => {
    const same = new Date(at).toDateString() === new Date().toDateString();
    const style = same ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    return new Intl.DateTimeFormat(document.documentElement.lang, style).format(at);
  };

  /* --- saving a visit ----------------------------------------------------------------------------------------- */

  async function submitted(event) {
    const form = event.target;
    if (!form.matches?.("[data-visit-form]") || !key || "native" in form.dataset) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    form.setAttribute("aria-busy", "true");
    const id = visitId(form);
    const version = versionOf(form);
    const recordId = form.dataset.record || (version ? `visit:${id}~${version}` : `visit:${id}`);
    const pairs = typedIn(form);
    const value = {
      visit: id, version, household: form.dataset.household, label: form.dataset.label,
      pairs, body: toVisit(pairs), people: peopleIn(form),
    };
    let kept = true;
    try {
      await keep("visit", recordId, value, { state: "waiting", hold: shell ? 0 : Date.now() + FIRST_TRY + 2000 });
    } catch {
      kept = false;
    }
    const outcome = shell ? await mended(recordId) : await firstTry(form);
    if (outcome.state === "refused" && shell) {
      delete form.dataset.busy;
      form.removeAttribute("aria-busy");
      return showReason(form, outcome.reason);
    }
    if (outcome.state === "refused") {
      await remove("records", recordId).catch(() => {});
      form.dataset.touched = "";
      await form.saveDraft?.();
      form.dataset.native = "yes"; /* the server shows the form again, with its reasons beside the fields */
      form.requestSubmit();
      return;
    }
    form.dataset.done = "yes";
    if (outcome.state === "sent") {
      if (!shell) await settle(recordId, "sent");
      location.assign(outcome.onward);
    } else if (!kept) {
      delete form.dataset.done;
      delete form.dataset.busy;
      form.removeAttribute("aria-busy");
      form.prepend(make("div", "note bad wide", say("not-kept")));
    } else {
      await dropDrafts(id, version ? "" : value.household);
      const record = await get("records", recordId);
      if (record?.state === "waiting") await put("records", { ...record, hold: 0 });
      if (navigator.serviceWorker?.controller || outcome.state === "signed-out") location.assign("/today");
      else form.replaceChildren(keptNote(outcome.state));
    }
  }

  function keptNote(state) {
    const note = make("div", "note good wide");
    note.setAttribute("role", "status");
    const link = make("a", "btn quiet", say("to-today"));
    link.href = "/today";
    note.append(make("span", "", say(state === "signed-out" ? "kept-sign-in" : "kept")), link);
    return note;
  }

  /* From the page without network: it may have come back meanwhile. */
  async function mended(recordId) {
    await Promise.race([flush(), new Promise((done) => setTimeout(done, navigator.onLine ? FIRST_TRY : 0))]);
    const record = await get("records", recordId);
    if (record?.state === "sent") return { state: "sent", onward: "/today" };
    if (record?.state === "refused") return { state: "refused", reason: (await unseal(record))?.reason };
    return { state: "later" };
  }

  function showReason(form, reason) {
    const note = shell.querySelector("[data-reason]");
    note.hidden = !reason;
    if (!reason) return;
    note.querySelector("div").replaceChildren(reasons(reason));
    form.querySelector(".when").open = true;
    note.scrollIntoView({ block: "center" });
  }

  /* With network a visit is sent as the form it is, so that the server says where to go next. */
  async function firstTry(form) {
    if (!navigator.onLine) return { state: "later" };
    try {
      const answer = await fetch(form.getAttribute("action"), {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "text/html", "HX-Request": "true" },
        signal: AbortSignal.timeout(FIRST_TRY),
      });
      const onward = answer.headers.get("HX-Redirect");
      if (answer.ok && onward) return { state: "sent", onward };
      if (answer.status === 401) return { state: "signed-out" };
      return { state: answer.status >= 500 || answer.status === 429 || answer.ok ? "later" : "refused" };
    } catch {
      return { state: "later" };
    }
  }

  async function settle(recordId, state, reason = null) {
    const record = await get("records", recordId);
    if (!record) return;
    const value = await unseal(record);
    const epoch = state === "sent" ? ((await get("facts", "epoch"))?.value ?? null) : null;
    const box = value ? await seal(recordId, { ...value, reason }) : record.box;
    await put("records", { ...record, state, epoch, hold: 0, settled: Date.now(), box });
    if (state === "sent" && value) await dropDrafts(value.visit, value.version ? "" : value.household);
  }

  /* --- sending what waits --------------------------------------------------------------------------------------- */

  let again = Promise.resolve();
  let trouble = "";
  let checkedAt = 0;

  let sentNow = 0;

  const flush = () => (again = again.then(flushOnce).catch(() => {}));

  async function flushOnce() {
    if (!(await unlock().catch(() => false))) return showStatus();
    const alone = (act) => (navigator.locks ? navigator.locks.request("qinlian-send", { ifAvailable: true }, (lock) => lock && act()) : act());
    sentNow = 0;
    await alone(sendAll);
    await showStatus();
    if (sentNow && !shell && document.getElementById("unsent")) location.reload(); /* the day has moved on */
  }

  const fetchJson = (address, options = {}) =>
    fetch(address, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
      signal: AbortSignal.timeout(SEND_WITHIN),
    });

  async function sendAll() {
    trouble = "";
    const mine = (await list("records")).filter((r) => r.kind === "visit" && r.user === user);
    if (!mine.length) return;
    try {
      if (mine.some((r) => r.state === "waiting") || Date.now() - checkedAt > 300000) await checkEpoch(mine);
      const waiting = mine.filter((r) => r.state === "waiting" && !(r.hold > Date.now())).sort((a, b) => a.at - b.at);
      if (!waiting.length) return;
      const me = await fetchJson("/me");
      const who = me.ok ? await me.json() : null;
      if (me.status >= 500) trouble = "unreachable";
      else if (who?.id !== user) trouble = "sign-in";
      else for (const record of waiting) await sendOne(record.id, who.csrf_token);
    } catch {
      trouble ||= "unreachable";
    }
  }

  /* A server that was restored from a backup names a new epoch: what it may have lost is sent once more. */
  async function checkEpoch(mine) {
    const health = await fetchJson("/healthz");
    if (!health.ok) throw new Error("unreachable");
    const epoch = (await health.json()).instance_epoch;
    checkedAt = Date.now();
    if (!epoch) return;
    await put("facts", { name: "epoch", value: epoch });
    for (const record of mine) {
      if (record.state !== "sent") continue;
      if (Date.now() - record.settled > KEEP_SENT) await remove("records", record.id);
      else if (record.epoch !== epoch) {
        record.state = "waiting";
        await put("records", record);
      }
    }
  }

  async function sendOne(recordId, token) {
    const record = await get("records", recordId); /* mended or deleted meanwhile? */
    if (record?.state !== "waiting") return;
    const value = await unseal(record);
    if (!value) return;
    const answer = await fetchJson(`/visits/${value.visit}`, {
      method: "PUT",
      body: JSON.stringify(value.body),
      headers: {
        "Content-Type": "application/json",
        "X-CSRF-Token": token,
        ...(value.version ? { "If-Match": `"${value.version}"` } : {}),
      },
    });
    if (answer.ok) {
      sentNow += 1;
      return settle(recordId, "sent");
    }
    const problem = await answer.json().catch(() => ({}));
    const forged = answer.status === 403 && String(problem.code).startsWith("csrf");
    if (answer.status === 401 || forged) throw ((trouble = "sign-in"), new Error("signed out"));
    if (answer.status >= 500 || answer.status === 429 || answer.status === 408) {
      trouble = "unreachable";
      return;
    }
    const errors = (problem.errors ?? []).map(({ field, message }) => ({ field, message }));
    await settle(recordId, "refused", { detail: problem.detail ?? String(answer.status), errors });
  }

  /* --- what is shown ------------------------------------------------------------------------------------------ */

  const JUST_NOW = 8000;

  async function showStatus() {
    const visits = (await list("records")).filter((r) => r.kind === "visit");
    const records = visits.filter((r) => r.state !== "sent");
    const mine = records.filter((r) => user && r.user === user);
    const refused = mine.filter((r) => r.state === "refused").length;
    const waiting = mine.length - refused;
    const justSent = visits.some((r) => r.user === user && r.state === "sent" && Date.now() - r.settled < JUST_NOW);
    const parts = [];
    if (!navigator.onLine || (shell && trouble === "unreachable")) parts.push(["offline", ""]);
    if (refused) parts.push(["refused", refused]);
    if (waiting) parts.push(["waiting", waiting]);
    if (!refused && !waiting && justSent) parts.push(["sent", ""]);
    for (const place of all("[data-sync]")) {
      place.hidden = !parts.length;
      place.replaceChildren(...parts.map(([state, n]) => make("span", `sync-${state}`, `${say(state)}${n ? ` ${n}` : ""}`)));
    }
    if (justSent) setTimeout(showStatus, JUST_NOW);
    await showUnsent(records.length - mine.length);
  }

  async function showUnsent(others) {
    all("[data-others]").forEach((place) => {
      place.hidden = !others;
      place.textContent = others ? say(pageUser || shell ? "others" : "locked", others) : "";
    });
    const section = document.getElementById("unsent");
    const unsent = key ? (await own("visit")).filter(({ record }) => record.state !== "sent") : [];
    badges(unsent, key ? await own("draft") : []);
    if (!section) return;
    section.hidden = !unsent.length && !others;
    section.querySelector("[data-count]").textContent = unsent.length || "";
    const lines = unsent.map(({ record, value }) => line(record, value));
    const asked = section.querySelector("[data-sure]");
    if (!asked) section.querySelector("[data-unsent]").replaceChildren(...lines);
  }

  function line(record, value) {
    const item = make("li");
    const row = make("div", "item");
    row.append(make("strong", "door num", value.label));
    const middle = make("div");
    middle.append(make("span", `badge ${record.state === "refused" ? "bad" : "warn"}`, say(record.state)), " ");
    const when = value.body.visited_at ? moment(new Date(value.body.visited_at)) : "";
    middle.append(make("span", "", [when, value.body.note].filter(Boolean).join(" · ")));
    if (value.reason) middle.append(reasons(value.reason));
    else if (trouble) middle.append(make("span", "sub", say(trouble)));
    const acts = make("div", "row");
    const mend = make("a", "btn quiet", say("mend"));
    mend.href = `/offline#${record.id}`;
    acts.append(mend);
    if (record.state === "refused") acts.append(deleteButton(record.id));
    row.append(middle, acts);
    item.append(row);
    return item;
  }

  function reasons(reason) {
    const errors = reason.errors.length ? reason.errors : [{ field: "", message: reason.detail }];
    const node = make("ul", "reasons");
    for (const { field, message } of errors) {
      const name = say(`field.${field.split(".")[0]}`);
      node.append(make("li", "", name ? `${name}: ${message}` : message));
    }
    return node;
  }

  const deleteButton = (id) =>
    button(say("delete"), "btn plain", async (event) => {
      const node = event.currentTarget;
      if (node.dataset.sure) {
        await remove("records", id);
        delete node.dataset.sure;
        return showStatus();
      }
      node.dataset.sure = "yes";
      node.classList.replace("plain", "danger");
      node.textContent = say("delete-sure");
    });

  /* On every line about a household: what of it is only on this tablet. */
  function badges(unsent, drafts) {
    const states = new Map();
    for (const { value } of drafts) if (!value.version) states.set(value.household, "draft");
    for (const { record, value } of unsent) states.set(value.household, record.state);
    for (const row of all("li[data-household] .item")) {
      const state = states.get(row.parentElement.dataset.household);
      row.querySelector(".kept")?.remove();
      if (!state) continue;
      const tone = { refused: "bad", waiting: "warn", draft: "" }[state];
      (row.querySelector(":scope > .badge") ?? row.lastElementChild).before(make("span", `badge kept ${tone}`, say(state)));
    }
  }

  async function noteWaiting(form) {
    const same = (await own("visit")).filter(({ record, value }) => record.state !== "sent" && value.household === form.dataset.household);
    if (!same.length || form.dataset.record) return;
    const note = make("div", "note warn wide");
    const link = make("a", "btn quiet", say("mend"));
    link.href = `/offline#${same.at(-1).record.id}`;
    note.append(make("span", "", say("has-waiting")), link);
    form.prepend(note);
  }

  /* --- the day's list, ahead of the stairwell ------------------------------------------------------------------- */

  async function keepDay() {
    const kept = await get("records", `day:${user}`);
    if (kept && !document.getElementById("unsent") && Date.now() - kept.at < 1800000) return;
    const answer = await fetchJson("/today");
    if (answer.ok) await keep("day", `day:${user}`, await answer.json());
  }

  /* --- the page without network --------------------------------------------------------------------------------- */

  const show = (part) => all("[data-part]", shell).forEach((node) => (node.hidden = node.dataset.part !== part));
  const title = (text, lead) => {
    document.querySelector("[data-title]").textContent = text;
    document.title = `${text} · 勤廉`;
    if (lead !== undefined) document.querySelector("[data-lead]").textContent = lead;
  };

  async function fillShell() {
    const here = location.pathname;
    const mend = here === "/offline" ? decodeURIComponent(location.hash.slice(1)) : "";
    document.querySelector('form[action="/language"]').hidden = true;
    document.querySelector("[data-back]").hidden = here === "/" || here === "/today";
    if (!(await unlock())) return show("locked");
    const day = (await own("day")).at(-1);
    if (mend) return mendVisit(mend);
    if (here === "/visits/new") return offlineVisit(day?.value, new URLSearchParams(location.search).get("household_id"));
    if (here === "/" || here === "/today") return offlineDay(day);
    return show("none");
  }

  function offlineDay(day) {
    show("today");
    shell.querySelector("[data-nothing]").hidden = ["events", "overdue", "due", "coming"].some((group) => day?.value[group].length);
    title(say("today"), day ? say("as-of", moment(day.record.at)) : undefined);
    for (const section of all("[data-group]", shell)) {
      const homes = day?.value[section.dataset.group] ?? [];
      section.hidden = !homes.length;
      section.querySelector(".count").textContent = homes.length;
      section.querySelector("ul").replaceChildren(...homes.map(home));
    }
  }

  function home(h) {
    const item = make("li");
    item.dataset.household = h.household_id;
    const link = make("a", "item stop");
    link.href = `/visits/new?household_id=${h.household_id}`;
    const middle = make("div");
    if (h.kind) {
      middle.append(make("span", "strong", say(`event.${h.kind}`)), make("span", "sub", h.detail));
    } else {
      const who = make("div", "who");
      for (const p of h.people) {
        const one = make("span");
        one.append(make("span", p.categories.length ? "strong" : "", p.name));
        if (p.age !== null) one.append(` ${say("age", p.age)}`);
        p.categories.forEach((c) => one.append(" ", make("span", "care", say(`care.${c}`))));
        who.append(one);
      }
      const last = h.last_visit ? ` · ${h.last_visit.on} ${say(`outcome.${h.last_visit.outcome}`)} ${h.last_visit.note}` : "";
      middle.append(who, make("span", "sub", say(`tier.${h.tier}`) + last));
    }
    link.append(make("strong", "door num", h.household_label), middle);
    if (h.overdue_days) link.append(make("span", "badge bad", say("overdue", h.overdue_days)));
    item.append(link);
    return item;
  }

  function localNow() {
    const style = { timeZone: shell.dataset.zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    const part = Object.fromEntries(new Intl.DateTimeFormat("en", style).formatToParts(new Date()).map((p) => [p.type, p.value]));
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}`;
  }

  function uuid7() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const at = BigInt(Date.now());
    for (let i = 0; i < 6; i += 1) bytes[i] = Number((at >> BigInt(8 * (5 - i))) & 255n);
    bytes[6] = (bytes[6] & 15) | 112;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  function prepare(form, id, household, label, people) {
    form.action = `/visits/${id}?_method=put`;
    Object.assign(form.dataset, { visit: id, household, label });
    form.elements.namedItem("household_id").value = household;
    form.elements.namedItem("visited_at").value = localNow();
    const chips = form.querySelector(".met .chips");
    chips.replaceChildren();
    people.forEach((p) => addPerson(chips, p.id, p.texts, p.met));
    if (!people.length) chips.append(make("p", "muted", say("no-people")));
    const summary = form.querySelector(".when > summary");
    const showTime = () => summary.lastChild.replaceWith(`${form.elements.namedItem("visited_at").value.replace("T", " ")} · ${say("change-time")}`);
    form.addEventListener("input", showTime);
    showTime();
    show("visit");
    return showTime;
  }

  async function offlineVisit(day, household) {
    const everywhere = day ? [...day.overdue, ...day.due, ...day.coming] : [];
    const known = everywhere.find((h) => h.household_id === household);
    const event = day?.events.find((e) => e.household_id === household);
    if (!known && !event) return show("none");
    const form = shell.querySelector("[data-visit-form]");
    const cared = known?.people.some((p) => p.categories.length);
    const head = known?.people.find((p) => p.relation === "head") ?? known?.people[0];
    const people = (known?.people ?? []).map((p) => ({
      id: p.id,
      texts: [p.name, ...(p.age === null ? [] : [say("age", p.age)]), ...p.categories.slice(0, 1).map((c) => say(`care.${c}`))],
      met: cared ? p.categories.length > 0 : p === head,
    }));
    const label = (known ?? event).household_label;
    const showTime = prepare(form, uuid7(), household, label, people);
    const purpose = event ? "event" : known.tier === "routine" ? "routine" : "care";
    form.querySelector(`[name="purpose"][value="${purpose}"]`).checked = true;
    const about = known ? [known.overdue_days ? say("overdue", known.overdue_days) : "", say(`tier.${known.tier}`), ...known.categories.map((c) => say(`care.${c}`)), known.last_visit?.note] : [say(`event.${event.kind}`), event.detail];
    title(say("visit-of", label), [say("offline"), ...about].filter(Boolean).join(" · "));
    await openForm(form);
    showTime();
  }

  async function mendVisit(id) {
    const found = (await own("visit")).find(({ record }) => record.id === id && record.state !== "sent");
    if (!found) return show("none");
    const { value } = found;
    const form = shell.querySelector("[data-visit-form]");
    const showTime = prepare(form, value.visit, value.household, value.label, value.people.map((p) => ({ ...p, met: false })));
    form.dataset.record = id;
    if (value.version) {
      const version = make("input");
      Object.assign(version, { type: "hidden", name: "_version", value: value.version });
      form.append(version);
    }
    fill(form, value.pairs);
    showTime();
    title(say("mend-title", value.label), say(found.record.state));
    showReason(form, value.reason);
    await openForm(form);
  }

  async function openForm(form) {
    watchDraft(form);
    await restoreDraft(form);
    await noteWaiting(form);
    form.dataset.ready = "yes";
  }

  /* A page that stands in for another one makes room for it as soon as the server can be reached. */
  async function leaveShell() {
    if (!shell || location.pathname === "/offline" || shell.querySelector('[data-part="visit"]:not([hidden])')) return;
    const health = await fetchJson("/healthz").catch(() => null);
    if (health?.ok) location.reload();
  }

  /* --- beginning ------------------------------------------------------------------------------------------------ */

  async function registerWorker() {
    if (!navigator.serviceWorker) return;
    const address = "/service-worker.js";
    const policy = window.trustedTypes?.createPolicy("qinlian", { createScriptURL: (text) => (text === address ? text : "") });
    await navigator.serviceWorker.register(policy ? policy.createScriptURL(address) : address, { scope: "/" });
  }

  async function begin() {
    document.addEventListener("submit", (event) => submitted(event), true);
    if (document.querySelector('form[action="/sign-in"]')) await forget(); /* nobody is signed in here now */
    if (shell) await fillShell();
    else if (pageUser && words.dataset.mayVisit) {
      if (await unlock()) for (const form of all("[data-visit-form]")) await openForm(form);
      if (document.getElementById("unsent")) navigator.storage?.persist?.();
      registerWorker().catch(() => {});
    } else if (pageUser) await unlock();
    await showStatus();
    await flush();
    if (key && !shell && words.dataset.mayVisit) await keepDay().catch(() => {});
    document.documentElement.dataset.offlineReady = "yes";
  }

  const wake = () => flush().then(leaveShell);
  window.addEventListener("online", wake);
  window.addEventListener("offline", () => showStatus());
  document.addEventListener("visibilitychange", () => !document.hidden && wake());
  setInterval(() => !document.hidden && wake(), RETRY_EVERY);
  window.addEventListener("hashchange", () => shell && location.reload());
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!/^\/(sign-out|account\/sign-out-everywhere)$/.test(form.getAttribute("action") ?? "") || "native" in form.dataset) return;
    event.preventDefault();
    form.dataset.native = "yes";
    await forget().catch(() => {});
    form.submit();
  }, true);
  begin().catch(() => (document.documentElement.dataset.offlineReady = "failed"));
})();
