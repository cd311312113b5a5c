import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort } from '../../../scripts/n8n/freePort.mts';
import { Daemon, asUser } from './daemon.mts';
import { installDebianPackages } from './debianPackages.mts';

const exec = promisify(execFile);
/** Where Debian keeps the servers, a folder a version. */
const VERSIONS = '/usr/lib/postgresql';
/** Root may not run PostgreSQL; this is the user that Debian's package makes for it. */
const SYSTEM_USER = 'postgres';
const PASSWORD = 'database-of-the-scale-test';

export interface Postgres {
	/** What n8n is told of it. */
	env: Record<string, string>;
	readonly pid: number;
	/** Stops it as an administrator would, cutting off who is connected, and starts it again. */
	restart(): Promise<void>;
	stop(): Promise<void>;
}

/** Starts PostgreSQL, with its own settings but for where it listens, in a new folder of its own. */
export async function startPostgres(folder: string): Promise<Postgres> {
	if (!programs()) await installDebianPackages(['postgresql']);
	const bin = programs()!;
	const user = process.getuid?.() === 0 ? SYSTEM_USER : undefined;
	await mkdir(folder, { mode: 0o700 });
	if (user) await chown(folder, await idOf('-u', user), await idOf('-g', user));

	const data = join(folder, 'data');
	const passwordFile = join(folder, 'password');
	await writeFile(passwordFile, PASSWORD, { mode: 0o644 });
	await exec(
		'setpriv',
		[
			...asUser(user),
			join(bin, 'initdb'),
			`--pgdata=${data}`,
			'--username=n8n',
			`--pwfile=${passwordFile}`,
			'--auth=scram-sha-256',
			'--encoding=UTF8',
			'--locale=C',
		],
		{ cwd: '/' },
	);

	const port = await freePort();
	const daemon = new Daemon({
		command: join(bin, 'postgres'),
		args: ['-D', data, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-k', data],
		user,
		stopSignal: 'SIGINT', // its "fast shutdown"
		logFile: join(folder, '..', 'postgres.log'),
		isReady: async () =>
			await exec(join(bin, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]).then(
				() => true,
				() => false,
			),
	});
	await daemon.start();
	return {
		env: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(port),
			DB_POSTGRESDB_DATABASE: 'postgres',
			DB_POSTGRESDB_USER: 'n8n',
			DB_POSTGRESDB_PASSWORD: PASSWORD,
		},
		get pid() {
			return daemon.pid;
		},
		async restart() {
			await daemon.stop();
			await daemon.start();
		},
		stop: async () => await daemon.stop(),
	};
}

/** The folder with PostgreSQL's programs of the newest version; undefined where it's missing. */
function programs(): string | undefined {
	if (!existsSync(VERSIONS)) return undefined;
	return readdirSync(VERSIONS)
		.sort((a, b) => Number(b) - Number(a))
		.map((version) => join(VERSIONS, version, 'bin'))
		.find((bin) => existsSync(join(bin, 'initdb')));
}

async function idOf(flag: '-u' | '-g', user: string): Promise<number> {
	return Number((await exec('id', [flag, user])).stdout);
}
