// The official AsyncAPI parser on a file; what is wrong, and 1 if something is. Run where @asyncapi/parser is installed.
import { createRequire } from "node:module";

const { Parser, fromFile } = createRequire(`${process.cwd()}/`)("@asyncapi/parser");
const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const errors = diagnostics.filter((found) => found.severity === 0);
for (const { code, message, path } of errors) console.log(code, message, path.join("."));
process.exit(errors.length || !document ? 1 : 0);
