// The worksheet: questions, what to look at for each, and notes that stay in the page.

class Worksheet {
  constructor(questions, show) {
    this.questions = questions;
    byId("worksheet").hidden = !questions.length;
    this.notes = questions.map((_, number) => element("textarea", { id: `note-${number}`, "aria-label": `Notes on question ${number + 1}` }));
    const items = questions.map((asked, number) => element("li", {}, ...this.item(asked, number, show)));
    byId("questions").replaceChildren(...items);
    window.addEventListener("beforeunload", (event) => this.warn(event));
    byId("questions").addEventListener("input", () => (this.unsaved = true));
  }

  item({ question, hint, show: view }, number, show) {
    const said = [element("p", {}, element("strong", {}, question))];
    if (hint) said.push(element("p", { class: "hint" }, hint));
    if (view) {
      const label = `Show the worlds of question ${number + 1}`;
      said.push(element("p", {}, element("button", { type: "button", "aria-label": label, click: () => show(view) }, "Show these worlds")));
    }
    return [...said, this.notes[number]];
  }

  /** Return questions and notes as text. */
  text(title) {
    this.unsaved = false;
    const parts = this.questions.map(({ question }, number) => `${number + 1}. ${question}\n\n${this.notes[number].value || "(no notes)"}\n`);
    return `${title}\n\n${parts.join("\n")}`;
  }

  warn(event) {
    if (this.unsaved) event.preventDefault();
  }
}
