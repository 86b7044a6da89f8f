// The worksheet: questions, what to look at for each, and notes that stay in the page.

class Worksheet {
  constructor(questions, show) {
    this.questions = questions;
    byId("worksheet").hidden = !questions.length;
    this.notes = questions.map((_, place) =>
      element("textarea", { id: `note-${place}`, "aria-label": `Notes on question ${place + 1}` }),
    );
    const items = questions.map((asked, place) => element("li", {}, ...this.item(asked, place, show)));
    byId("questions").replaceChildren(...items);
    window.addEventListener("beforeunload", (event) => this.warn(event));
    byId("questions").addEventListener("input", () => (this.unsaved = true));
  }

  item({ question, hint, show: view }, place, show) {
    const said = [element("p", {}, element("strong", {}, question))];
    if (hint) said.push(element("p", { class: "hint" }, hint));
    if (view) {
      const label = `Show the worlds of question ${place + 1}`;
      said.push(element("p", {}, element("button", { type: "button", click: () => show(view) }, label)));
    }
    return [...said, this.notes[place]];
  }

  /** Return questions and notes as text. */
  text(title) {
    this.unsaved = false;
    const parts = this.questions.map(({ question }, place) => {
      const note = this.notes[place].value || "(no notes)";
      return `${place + 1}. ${question}\n\n${note}\n`;
    });
    return `${title}\n\n${parts.join("\n")}`;
  }

  warn(event) {
    if (this.unsaved) event.preventDefault();
  }
}
