// Colours as the system has them, or as chosen: the same choice as in the reference.
import { useState } from "preact/hooks";

const KEY = "crosswalk-theme";
const TOLD: { [theme: string]: string } = { "": "as the system", light: "light", dark: "dark" };

export function ThemeButton() {
  const [theme, setTheme] = useState(document.documentElement.dataset.theme ?? "");
  const next = () => {
    const order = ["", "light", "dark"];
    const chosen = order[(order.indexOf(theme) + 1) % order.length] ?? "";
    if (chosen === "") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      if (chosen === "") localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, chosen);
    } catch {
      // Storage may be shut off; the choice holds for this page.
    }
    setTheme(chosen);
  };
  return <button id="theme" type="button" aria-label={`Colours: ${TOLD[theme]}`} title={`Colours: ${TOLD[theme]}`} onClick={next} />;
}
