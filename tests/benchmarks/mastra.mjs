// Mastra with its LibSQL store: `node mastra.mjs DATABASE STEPS RUNS {chain|beside}` prints the seconds of so many runs,
// of steps one after the other or side by side.
import { Mastra } from "@mastra/core";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { z } from "zod";

const [path, steps, runs] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const shape = z.object({ n: z.number() });
const isChain = process.argv[5] === "chain";
const made = Array.from({ length: steps }, (_, index) => {
  const execute = async ({ inputData }) => ({ n: inputData.n + 1 });
  return createStep({ id: `s${index}`, inputSchema: shape, outputSchema: shape, execute });
});
const empty = createWorkflow({ id: "bench", inputSchema: shape, outputSchema: isChain ? shape : z.any() });
const bench = isChain ? made.reduce((before, step) => before.then(step), empty) : empty.parallel(made);
bench.commit();
const storage = new LibSQLStore({ url: `file:${path}` });
const mastra = new Mastra({ workflows: { bench }, storage, logger: false });

async function once() {
  const run = await mastra.getWorkflow("bench").createRunAsync();
  const ended = await run.start({ inputData: { n: 0 } });
  const done = ended.status === "success" && (isChain ? ended.result.n : Object.keys(ended.result).length);
  if (done !== steps) throw new Error(`a run ended as ${ended.status}`);
}

await once();
const begin = performance.now();
for (let run = 0; run < runs; run++) await once();
console.log((performance.now() - begin) / 1000);
process.exit(0);
