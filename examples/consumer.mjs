// 五加N 看板的事实流：逐条打印，断线后从上次的序号继续。Node 18 或更高版本，不需要任何库；浏览器中同样可用。
// node examples/consumer.mjs URL TOKEN [筛选，例如 type=ComplaintReceived&community=dahuichang] [从此序号之后]
const [url, token, filters = "", from = "0"] = process.argv.slice(2);
const seen = new Set(); // a real dashboard keeps `last` and what it has seen in its database, with the effect
let last = from, pause = 2000;

async function listen() {
  const answer = await fetch(`${url}/stream?${filters}`, {
    headers: { Authorization: `Bearer ${token}`, "Last-Event-ID": last },
  });
  if (answer.status !== 200) throw new Error(`${answer.status}`);
  let rest = "";
  const decoder = new TextDecoder();
  for await (const part of answer.body) {
    const blocks = (rest + decoder.decode(part, { stream: true })).split("\n\n");
    rest = blocks.pop(); // what has not come as a whole yet
    for (const block of blocks) take(block);
  }
}

function take(block) {
  const event = {};
  for (const line of block.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) event[line.slice(0, colon)] = line.slice(colon + 2);
  }
  if (event.data && !event.event) {
    const fact = JSON.parse(event.data);
    if (!seen.has(fact.id)) console.log(JSON.stringify(fact)); // after a rebuild everything comes once more
    seen.add(fact.id);
  }
  if (event.retry) pause = Number(event.retry);
  if (event.id) last = event.id; // also of heartbeats, and of `behind` and `ahead`, after which the line ends
}

for (;;) {
  try {
    await listen();
  } catch (error) {
    console.error(`${error.message}; again after ${last}`);
  }
  await new Promise((done) => setTimeout(done, pause));
}
