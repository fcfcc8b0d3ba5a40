(() => {
  const form = document.getElementById("filters");
  const all = [...document.querySelectorAll("tr.entry, article.statement")];
  const filter = () => {
    const text = form.text.value.trim().toLowerCase();
    for (const one of all) {
      one.hidden = !(one.dataset.text.includes(text)
        && (!form.status.value || one.dataset.status === form.status.value)
        && (!form.kind.value || one.dataset.kind === form.kind.value));
    }
    const rows = all.filter(one => one.matches("tr"));
    const shown = rows.filter(one => !one.hidden).length;
    form.shown.value = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
  };
  if (form) {
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", event => event.preventDefault());
    addEventListener("pageshow", filter);
  }
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
})();
