// The page of a log: as many rows as fit the window, over a log of any length.
(() => {
  "use strict";
  const box = document.getElementById("log");
  const { api, name, project, attempt, raw } = box.dataset;
  const HEIGHT = 20, BLOCK = 200, KEPT = 60, AROUND = 40, TALL = 8000000;
  const blocks = new Map(), asked = new Set();
  let complete = 0, total = 0, over = box.dataset.over === "true", following = true;
  let hits = [], hit = -1, marked = null;

  const query = (more) => new URLSearchParams({ project_label: project, name, attempt, ...more });
  const call = async (verb, more) => {
    const answer = await fetch(`${api}/${verb}?${query(more)}`);
    const body = await answer.json();
    if (!answer.ok) throw new Error(Object.values(body.errors)[0]);
    return body.data;
  };

  // Lines that are known, in blocks; the oldest that are far away are dropped.
  const put = (number, text, time) => {
    const at = Math.floor((number - 1) / BLOCK);
    if (!blocks.has(at)) blocks.set(at, []);
    blocks.get(at)[(number - 1) % BLOCK] = [text, time];
  };
  const line = (number) => blocks.get(Math.floor((number - 1) / BLOCK))?.[(number - 1) % BLOCK];
  const forget = (near) => {
    if (blocks.size <= KEPT) return;
    const far = [...blocks.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near));
    far.slice(0, blocks.size - KEPT).forEach((at) => blocks.delete(at));
  };

  const colours = (to, text) => {
    let rest = text, colour = -1, bold = false;
    const add = (part) => {
      if (!part) return;
      if (colour < 0 && !bold) { to.append(part); return; }
      const span = document.createElement("span");
      if (colour >= 0) span.classList.add(`c${colour}`);
      if (bold) span.classList.add("b");
      span.textContent = part;
      to.append(span);
    };
    const escape = /\x1b(?:\[([ -?]*)([@-~])?|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.?)/s;
    for (let found = escape.exec(rest); found; found = escape.exec(rest)) {
      add(rest.slice(0, found.index));
      rest = rest.slice(found.index + found[0].length);
      if (found[2] !== "m") continue;
      const codes = found[1].split(/[;:]/).map(Number);
      for (let at = 0; at < codes.length; at++) {
        const code = codes[at] || 0;
        if (code === 0) { colour = -1; bold = false; }
        else if (code === 1) bold = true;
        else if (code === 22) bold = false;
        else if (code >= 30 && code <= 37) colour = code - 30;
        else if (code >= 90 && code <= 97) colour = code - 90;
        else if (code === 39) colour = -1;
        else if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : 4;
      }
    }
    add(rest);
  };

  const row = (number) => {
    const known = line(number);
    const div = document.createElement("div");
    div.className = "line";
    div.id = `L${number}`;
    if (marked && number >= marked[0] && number <= marked[1]) div.classList.add("marked");
    if (hits[hit] === number) div.classList.add("hit");
    const link = document.createElement("a");
    link.href = `#L${number}`;
    link.textContent = number;
    link.tabIndex = -1;
    const time = document.createElement("time");
    if (known?.[1]) time.textContent = new Date(known[1] * 1000).toISOString().slice(11, 19);
    const text = document.createElement("span");
    if (known) colours(text, known[0]); else text.textContent = "…";
    div.append(link, time, text);
    return div;
  };

  // The rows, in a box as high as all of them: or as high as a browser draws,
  // and then a step of the bar is more than a row.
  box.textContent = "";
  const high = document.createElement("div");
  high.className = "high";
  const rows = document.createElement("div");
  rows.className = "lines";
  high.append(rows);
  box.append(high);
  document.getElementById("windows")?.remove();
  document.getElementById("keys").hidden = false;

  const tall = () => Math.min(total * HEIGHT, TALL);
  const room = () => Math.max(1, tall() - box.clientHeight);
  const most = () => Math.max(0, total * HEIGHT - box.clientHeight);
  const top = () => (total * HEIGHT <= TALL ? box.scrollTop : (box.scrollTop / room()) * most());
  const atEnd = () => box.scrollTop + box.clientHeight >= tall() - HEIGHT;

  let drawn = 0;
  const draw = () => {
    drawn = 0;
    high.style.height = `${tall()}px`;
    const from = top();
    const first = Math.max(1, Math.floor(from / HEIGHT) + 1 - AROUND);
    const last = Math.min(total, Math.ceil((from + box.clientHeight) / HEIGHT) + AROUND);
    const fresh = document.createDocumentFragment();
    for (let number = first; number <= last; number++) fresh.append(row(number));
    rows.replaceChildren(fresh);
    rows.style.transform = `translateY(${box.scrollTop - from + (first - 1) * HEIGHT}px)`;
    for (let at = Math.floor((first - 1) / BLOCK); at <= Math.floor((last - 1) / BLOCK); at++) want(at);
    forget(Math.floor(first / BLOCK));
  };
  const redraw = () => { if (!drawn) drawn = requestAnimationFrame(draw); };

  // A block of lines that is looked at and not known.
  const want = async (at) => {
    const first = at * BLOCK + 1, last = Math.min((at + 1) * BLOCK, complete);
    if (asked.has(at) || first > last) return;
    const have = blocks.get(at) || [];
    let whole = true;
    for (let n = first; n <= last && whole; n++) whole = Boolean(have[n - first]);
    if (whole) return;
    asked.add(at);
    try {
      const { lines } = await call("log_lines", { first, count: BLOCK });
      lines.text.forEach((text, i) => put(lines.first + i, text, lines.times[i]));
      redraw();
    } catch (error) {
      say(error.message);
    }
    asked.delete(at);
  };

  const say = (text) => { document.getElementById("hits").textContent = text; };
  const sizes = () => {
    const size = document.getElementById("size");
    size.textContent = `${total.toLocaleString("en")} lines, attempt ${attempt}${over ? "" : ", growing"}`;
  };

  const show = (number, whole) => {
    following = false;
    const want = Math.max(0, (number - 1) * HEIGHT - (whole ? 0 : box.clientHeight / 3));
    box.scrollTop = total * HEIGHT <= TALL ? want : (want / Math.max(1, most())) * room();
    redraw();
  };
  const end = () => { following = true; box.scrollTop = tall(); redraw(); };

  const hash = () => {
    const found = /^#L(\d+)(?:-L?(\d+))?$/.exec(location.hash);
    if (!found) { marked = null; redraw(); return false; }
    const one = Number(found[1]), other = Number(found[2] || found[1]);
    marked = [Math.min(one, other), Math.max(one, other)];
    if (marked[0] > total) {
      say(`there is no line ${marked[0]}${over ? "" : " yet"}: the log has ${total.toLocaleString("en")} lines`);
      return false;
    }
    show(marked[0]);
    return true;
  };

  let paused = false;
  const goesOn = () => { if (paused) { paused = false; say(""); } };

  // As it grows: from the very byte where the known lines end.
  const stream = async (offset) => {
    let at = offset, wait = 250, rest = "", decoder = new TextDecoder();
    while (!over) {
      if (document.hidden) {
        await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
        continue;
      }
      const gone = new AbortController();
      const hide = () => { if (document.hidden) gone.abort(); };
      document.addEventListener("visibilitychange", hide);
      try {
        const answer = await fetch(`${raw}&follow=true&offset=${at}`, { signal: gone.signal });
        if ([401, 403, 404].includes(answer.status)) {
          const { errors } = await answer.json();
          say(`the log ends here for you: ${Object.values(errors)[0]}`);
          return;
        }
        if (!answer.ok) throw new Error(`${answer.status}`);
        goesOn();
        const reader = answer.body.getReader();
        for (;;) {
          const { done, value } = await reader.read();
          if (done) {
            // Whoever stands between may end a stream in order, too.
            const { lines } = await call("log_lines", { count: 1 });
            over = lines.over && at >= lines.bytes;
            if (!over) throw new Error("cut");
            break;
          }
          at += value.length;
          wait = 250;
          const parts = (rest + decoder.decode(value, { stream: true })).split("\n");
          rest = parts.pop();
          const now = Math.floor(Date.now() / 1000), stay = following || atEnd();
          for (const text of parts) put(++complete, text.replace(/\r$/, "").replace(/^.*\r/s, ""), now);
          total = complete;
          if (rest) put(++total, rest.replace(/^.*\r/s, ""), now);
          sizes();
          high.style.height = `${tall()}px`;
          if (stay && following) box.scrollTop = tall();
          redraw();
        }
      } catch {
        if (!document.hidden) { paused = true; say("the log pauses: reconnecting …"); }
        await new Promise((later) => setTimeout(later, wait));
        wait = Math.min(wait * 2, 8000);
      }
      document.removeEventListener("visibilitychange", hide);
    }
    // What the page itself knows of, it has been made with.
    if (box.dataset.over === "true") return;
    goesOn();
    sizes();
    state();
  };

  // What became of the task stands on the page itself.
  const state = async () => {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const old = document.getElementById("state"), fresh = page.getElementById("state");
    if (old && fresh) old.replaceWith(document.importNode(fresh, true));
    document.title = page.title;
    const icon = page.querySelector("link[rel=icon]").getAttribute("href");
    document.querySelector("link[rel=icon]").setAttribute("href", icon);
  };

  const find = async (more) => {
    say("looking …");
    try {
      const { found, more: rest } = await call("search_log", more);
      hits = found;
      hit = -1;
      if (!hits.length) { say("nothing found"); redraw(); return; }
      hits.more = rest;
      jump(1);
    } catch (error) {
      say(error.message);
    }
  };
  const jump = (step) => {
    if (!hits.length) return;
    hit = (hit + step + hits.length) % hits.length;
    say(`${hit + 1} of ${hits.length}${hits.more ? "+" : ""}: line ${hits[hit]} (n, p)`);
    show(hits[hit]);
  };

  const form = document.querySelector(".logtools"), field = document.getElementById("find");
  let sought = "";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter?.id === "errors") { sought = ""; find({ errors: "true" }); return; }
    if (!field.value) return;
    if (field.value === sought) { jump(1); return; }
    sought = field.value;
    find({ mf_search_query: sought });
  });
  box.addEventListener("scroll", () => { following = atEnd(); redraw(); }, { passive: true });
  box.addEventListener("click", (event) => {
    const link = event.target.closest(".line > a");
    if (!link) return;
    event.preventDefault();
    const number = Number(link.textContent);
    const from = event.shiftKey && marked ? marked[0] : number;
    const [one, other] = [Math.min(from, number), Math.max(from, number)];
    marked = [one, other];
    history.replaceState(null, "", one === other ? `#L${one}` : `#L${one}-L${other}`);
    redraw();
  });
  addEventListener("hashchange", hash);
  addEventListener("resize", redraw);
  addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const does = { n: () => jump(1), p: () => jump(-1), e: () => find({ errors: "true" }), G: end, g: () => show(1, true) };
    if (Object.hasOwn(does, event.key)) { event.preventDefault(); does[event.key](); }
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "End") { event.preventDefault(); end(); }
  });

  (async () => {
    try {
      const { lines } = await call("log_lines", { count: BLOCK });
      lines.text.forEach((text, i) => put(lines.first + i, text, lines.times[i]));
      ({ complete, total, over } = lines);
      sizes();
      high.style.height = `${tall()}px`;
      if (!hash()) end();
      draw();
      // What the address looks for, as the page does without a script.
      const asked = new URLSearchParams(location.search);
      if (asked.get("errors") && !marked) find({ errors: "true" });
      else if (asked.get("find") && !marked) { sought = asked.get("find"); find({ mf_search_query: sought }); }
      document.getElementById("found")?.remove();
      box.dataset.ready = "true";
      stream(lines.offset);
    } catch (error) {
      say(error.message);
    }
  })();
})();
