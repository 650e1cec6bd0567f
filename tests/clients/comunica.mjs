// Comunica asks an endpoint: node comunica.mjs ADDRESS QUERY. Standard output gets the answer as JSON: rows for SELECT, true or false for
// ASK, triples for CONSTRUCT and DESCRIBE.
import { QueryEngine } from '@comunica/query-sparql';

const [address, query] = process.argv.slice(2);
const result = await new QueryEngine().query(query, { sources: [{ type: 'sparql', value: address }] });
const answer = await result.execute();

function tell(term) {
  return { type: term.termType, value: term.value, ...(term.language ? { language: term.language } : {}) };
}

let told = answer;
if (result.resultType === 'bindings') {
  told = await answer.map((row) => Object.fromEntries([...row].map(([name, term]) => [name.value, tell(term)]))).toArray();
} else if (result.resultType === 'quads') {
  told = await answer.map((quad) => [quad.subject, quad.predicate, quad.object].map(tell)).toArray();
}
process.stdout.write(JSON.stringify(told));
