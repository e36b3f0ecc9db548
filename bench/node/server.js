// The list of users as one would write it in Node in an afternoon: one call to
// the vendor over kept connections, a JSONata expression compiled once and
// evaluated for each record, the envelope put around it. No router, no accounts,
// no filters, no checks: it has less to do than Crosswalk has.
//
//   node server.js VENDOR-URL PORT
import http from "node:http";
import jsonata from "jsonata";

const [vendor, port] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

// The fields of connectors/hubspot/connector.yaml.
const user = jsonata(`{
  "id": id,
  "name": ($name := $join([firstName, lastName][$ != null and $ != ""], " "); $name != "" ? $name : null),
  "email": email != "" ? email : null,
  "is_active": $not(archived),
  "created_at": $fromMillis($toMillis(createdAt)),
  "updated_at": $fromMillis($toMillis(updatedAt)),
  "remote_data": $
}`);

function fetchPage() {
  return new Promise((resolve, reject) => {
    http
      .get(vendor, { agent, headers: { authorization: "Bearer bench" } }, (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString())));
        answer.on("error", reject);
      })
      .on("error", reject);
  });
}

async function list() {
  const page = await fetchPage();
  const result = [];
  for (const record of page.results) result.push(await user.evaluate(record));
  return {
    result,
    next_cursor: page.paging?.next?.after ?? null,
    prev_cursor: null,
    result_count: result.length,
    is_partial_response: false,
  };
}

http
  .createServer(async (_request, response) => {
    try {
      const body = Buffer.from(JSON.stringify(await list()));
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
      response.end(body);
    } catch (error) {
      response.writeHead(502).end(String(error));
    }
  })
  .listen(Number(port), "127.0.0.1");
