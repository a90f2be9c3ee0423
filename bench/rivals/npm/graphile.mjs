/* graphile.mjs CONNECTION LOOPS: the loop create-acknowledge-report-close as a chain of four jobs of graphile-worker;
 * a step and the job after it are one transaction. All loops are given at once. Its settings are those its authors
 * measured it with, but for the jobs at once, of which four do best on two processors. Prints loops per second. */
import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import { names, statement } from './steps.mjs'

const [connection, loops] = [process.argv[2], Number(process.argv[3])]
const concurrentJobs = 4
const logger = new Logger(() => (level, message) => level === 'error' && console.error(message))
const preset = { worker: { concurrentJobs, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } }
const pgPool = new pg.Pool({ connectionString: connection, max: concurrentJobs + 2 })
for (const event of ['error', 'connect'])
    pgPool.on(event, () => {})

const job = (name, next) => {
    const query = statement(name, next ? `graphile_worker.add_job('${next}', json_build_object('task_id', task_id))` : 'task_id')
    return async ({ task_id }, { withPgClient }) => {
        const { rowCount } = await withPgClient(client => client.query({ ...query, values: [task_id] }))
        if (rowCount !== 1)
            throw new Error(`${name} changed nothing`)
        if (!next && --open === 0)
            over()
    }
}

let open = loops, over
const end = new Promise(resolve => { over = resolve })
const taskList = Object.fromEntries(names.map((name, i) => [name, job(name, names[i + 1])]))
const giver = await makeWorkerUtils({ pgPool, logger })
await giver.migrate()
const began = performance.now()
await giver.addJobs(Array.from({ length: loops }, (_, i) => ({ identifier: names[0], payload: { task_id: i + 1 } })))
const worker = await run({ pgPool, logger, preset, taskList, noHandleSignals: true })
await end
console.log(JSON.stringify({ loops_per_s: Math.round(loops / (performance.now() - began) * 1000) }))
await worker.stop()
await giver.release()
await pgPool.end()
