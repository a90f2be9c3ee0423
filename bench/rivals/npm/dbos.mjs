/* dbos.mjs CONNECTION LOOPS: the loop create-acknowledge-report-close as a workflow of DBOS with four durable steps.
 * Prints loops per second. */
import { DBOS } from '@dbos-inc/dbos-sdk'
import pg from 'pg'
import { names, statement } from './steps.mjs'

const [connection, loops] = [process.argv[2], Number(process.argv[3])]
const inFlight = 64
const connections = 10
const pool = new pg.Pool({ connectionString: connection, max: connections })
const queries = names.map(name => statement(name, 'task_id'))

const step = async (query, task_id) => {
    const { rowCount } = await pool.query({ ...query, values: [task_id] })
    if (rowCount !== 1)
        throw new Error(`${query.name} changed nothing`)
}
const workflow = DBOS.registerWorkflow(async task_id => {
    for (const query of queries)
        await DBOS.runStep(() => step(query, task_id), { name: query.name })
}, { name: 'loop' })

let next = 0
const caller = async () => {
    while (next < loops)
        await workflow(++next)
}
DBOS.setConfig({ name: 'rival', systemDatabaseUrl: connection, systemDatabasePoolSize: connections,
    logLevel: 'error' })
await DBOS.launch()
const began = performance.now()
await Promise.all(Array.from({ length: inFlight }, caller))
console.log(JSON.stringify({ loops_per_s: Math.round(loops / (performance.now() - began) * 1000) }))
await DBOS.shutdown()
await pool.end()
