// A copy button beside each value. Without scripts a click into a value selects the whole of it.
const said = document.createElement("p");
said.className = "unseen";
said.setAttribute("role", "status");
const called = (value) => {
  const field = value.closest("div:not(.copyable)")?.querySelector("dt");
  return (field ?? value).textContent.trim();
};
for (const value of document.querySelectorAll("code[tabindex]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  const name = called(value);
  const show = (word, text) => {
    button.textContent = word;
    said.textContent = text;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy ${name}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
      show("Copied", `${name} is copied.`);
    } catch {
      // The browser may refuse; what is selected can be copied by hand.
      getSelection().selectAllChildren(value);
      show("Selected", `${name} could not be copied. It is selected: copy it with the keyboard.`);
    }
  });
  value.after(button);
}
document.querySelector("main").append(said);
