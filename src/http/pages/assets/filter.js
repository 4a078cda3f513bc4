// A field that narrows the list of providers. Without scripts the list is shown whole.
const list = document.querySelector(".providers");
if (list) {
  const field = document.createElement("input");
  const said = document.createElement("p");
  const label = document.createElement("label");
  field.type = "search";
  field.id = "filter";
  field.autocomplete = "off";
  field.setAttribute("autocapitalize", "none");
  field.spellcheck = false;
  label.htmlFor = field.id;
  label.textContent = "Find your provider";
  said.className = "hint said";
  said.setAttribute("role", "status");
  // "Azure AD", "azuread" and "AD FS", "adfs" are the same to whoever looks for them.
  const plain = (text) => text.normalize("NFKD").toLowerCase().replace(/[\s./-]/g, "");
  const names = [...list.children].map((item) => {
    const also = (item.dataset.also ?? "").split("|");
    return [item, [item.textContent, ...also].map(plain)];
  });
  field.addEventListener("input", () => {
    const wanted = plain(field.value);
    let shown = 0;
    for (const [item, called] of names) {
      const found = called.some((name) => name.includes(wanted));
      // What is for everybody else stays: who finds nothing needs it.
      item.hidden = !found && !item.hasAttribute("data-other");
      if (found) shown += 1;
    }
    const none = "None is called so. Choose the last one: its pages fit any provider.";
    said.textContent = wanted === "" ? "" : shown === 0 ? none : `${shown} found`;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  list.before(label, field, said);
}
