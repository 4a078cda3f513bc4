// A field that narrows the list of providers. Without scripts the list is shown whole.
const list = document.querySelector(".providers");
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
const plain = (text) => text.normalize("NFKD").toLowerCase();
const names = [...list.children].map((item) => [item, plain(item.textContent)]);
field.addEventListener("input", () => {
  const wanted = plain(field.value.trim());
  let shown = 0;
  for (const [item, name] of names) {
    // What is for everybody else stays: who finds nothing needs it.
    item.hidden = !name.includes(wanted) && !item.hasAttribute("data-other");
    if (name.includes(wanted)) shown += 1;
  }
  said.textContent = wanted === "" ? "" : shown === 0 ? "None is called so. Choose the last one." : `${shown} found`;
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter") event.preventDefault();
});
list.before(label, field, said);
