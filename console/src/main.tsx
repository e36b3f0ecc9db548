import { render } from "preact";
import { Console } from "./shell";
import "./console.css";

const root = document.createElement("div");
document.body.append(root);
render(<Console />, root);
