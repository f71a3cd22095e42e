// The page on which an article is written. What each part does stands in the module of its name; all share the form and the editor.

import "./richtext.js";
import "./pasting.js";
import "./cover.js";
import "./keeping.js";
import "./checking.js";
import "./typeset.js";
