// Mastra with its LibSQL store: `node mastra.mjs DATABASE STEPS RUNS` prints the seconds of so many runs of a chain.
import { Mastra } from "@mastra/core";
import { createStep, createWorkflow } from "@mastra/core/workflows";
import { LibSQLStore } from "@mastra/libsql";
import { z } from "zod";

const [path, steps, runs] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const shape = z.object({ n: z.number() });
let chain = createWorkflow({ id: "chain", inputSchema: shape, outputSchema: shape });
for (let index = 0; index < steps; index++) {
  const execute = async ({ inputData }) => ({ n: inputData.n + 1 });
  chain = chain.then(createStep({ id: `s${index}`, inputSchema: shape, outputSchema: shape, execute }));
}
chain.commit();
const storage = new LibSQLStore({ url: `file:${path}` });
const mastra = new Mastra({ workflows: { chain }, storage, logger: false });

async function once() {
  const run = await mastra.getWorkflow("chain").createRunAsync();
  const ended = await run.start({ inputData: { n: 0 } });
  if (ended.status !== "success" || ended.result.n !== steps) throw new Error(`a run ended as ${ended.status}`);
}

await once();
const begin = performance.now();
for (let run = 0; run < runs; run++) await once();
console.log((performance.now() - begin) / 1000);
process.exit(0);
