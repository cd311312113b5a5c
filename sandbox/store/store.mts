import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

import type { ClientRegistration } from '../options.mts';

export interface Engagement {
	id: string;
	name: string;
	framework: string;
	status: string;
	period_start: string;
	period_end: string;
}

export interface Control {
	id: string;
	engagement_id: string;
	title: string;
	testing_status: string;
	conclusion: string | null;
}

export interface Finding {
	id: string;
	engagement_id: string;
	control_id: string;
	severity: string;
	title: string;
	raised_at: string;
}

export interface Evidence {
	id: string;
	engagement_id: string;
	control_id: string;
	file_name: string;
	content_type: string;
	size: number;
	sha256: string;
	description: string;
	submitted_by: string;
	submitted_at: string;
}

export interface Token {
	digest: string;
	client_id: string;
	scope: string;
	/** Epoch milliseconds on the service's clock. */
	expires_at: number;
}

/** How the names of files begin that are still being received. */
export const INCOMING = '.incoming-';

const SCHEMA = `
	CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS clients (id TEXT PRIMARY KEY, registration TEXT NOT NULL);
	CREATE TABLE IF NOT EXISTS engagements (
		id TEXT PRIMARY KEY, name TEXT, framework TEXT, status TEXT, period_start TEXT, period_end TEXT);
	CREATE TABLE IF NOT EXISTS controls (
		engagement_id TEXT, id TEXT, title TEXT, testing_status TEXT, conclusion TEXT,
		PRIMARY KEY (engagement_id, id));
	CREATE TABLE IF NOT EXISTS findings (
		id TEXT PRIMARY KEY, engagement_id TEXT, control_id TEXT, severity TEXT, title TEXT, raised_at TEXT);
	CREATE TABLE IF NOT EXISTS evidence (
		id TEXT PRIMARY KEY, engagement_id TEXT, control_id TEXT, file_name TEXT, content_type TEXT,
		size INTEGER, sha256 TEXT, description TEXT, submitted_by TEXT, submitted_at TEXT);
	CREATE INDEX IF NOT EXISTS evidence_of_control ON evidence (engagement_id, control_id);
	CREATE TABLE IF NOT EXISTS tokens (
		digest TEXT PRIMARY KEY, client_id TEXT, scope TEXT, expires_at REAL);
	CREATE TRIGGER IF NOT EXISTS evidence_never_changes BEFORE UPDATE ON evidence
		BEGIN SELECT RAISE(ABORT, 'evidence is immutable'); END;
	CREATE TRIGGER IF NOT EXISTS evidence_never_goes BEFORE DELETE ON evidence
		BEGIN SELECT RAISE(ABORT, 'evidence is immutable'); END;
`;

/** What the service knows: an SQLite file and the evidence files beside it. Survives restarts. */
export class Store {
	readonly evidenceDir: string;

	readonly database: DatabaseSync;

	private readonly temporaryDir: string | undefined;

	/** By their SQL, which is one of a few dozen texts. */
	private readonly statements = new Map<string, StatementSync>();

	/** @param dataDir a temporary folder is made, and removed on close, when left out */
	constructor(dataDir?: string) {
		this.temporaryDir = dataDir ? undefined : mkdtempSync(join(tmpdir(), 'auditdex-sandbox-'));
		const folder = dataDir ?? this.temporaryDir!;
		this.evidenceDir = join(folder, 'evidence');
		mkdirSync(this.evidenceDir, { recursive: true });
		// Uploads that were under way when the service was last ended.
		for (const name of readdirSync(this.evidenceDir)) {
			if (name.startsWith(INCOMING)) rmSync(join(this.evidenceDir, name));
		}
		this.database = new DatabaseSync(join(folder, 'sandbox.sqlite'));
		this.database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
		// Else REPLACE would remove a row without asking the triggers.
		this.database.exec('PRAGMA recursive_triggers = ON;');
		this.database.exec(SCHEMA);
	}

	close(): void {
		this.database.close();
		if (this.temporaryDir) rmSync(this.temporaryDir, { recursive: true, force: true });
	}

	all<T>(sql: string, ...values: SQLInputValue[]): T[] {
		return this.statement(sql).all(...values) as T[];
	}

	one<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
		return this.statement(sql).get(...values) as T | undefined;
	}

	run(sql: string, ...values: SQLInputValue[]): void {
		this.statement(sql).run(...values);
	}

	private statement(sql: string): StatementSync {
		const statement = this.statements.get(sql) ?? this.database.prepare(sql);
		this.statements.set(sql, statement);
		return statement;
	}

	/** Puts a row in, or changes the one with the same key, which keeps its place in lists. */
	put(table: 'engagements' | 'controls' | 'findings' | 'tokens', row: object): void {
		const changes = Object.keys(row).map((name) => `${name} = excluded.${name}`);
		this.insert(table, row, `ON CONFLICT DO UPDATE SET ${changes.join(', ')}`);
	}

	/** @throws Error when there's evidence with this id: it never changes */
	addEvidence(evidence: Evidence): void {
		this.insert('evidence', evidence);
	}

	private insert(table: string, row: object, onConflict = ''): void {
		const names = Object.keys(row);
		const marks = names.map(() => '?').join(', ');
		this.run(
			`INSERT INTO ${table} (${names.join(', ')}) VALUES (${marks}) ${onConflict}`,
			...(Object.values(row) as SQLInputValue[]),
		);
	}

	transaction(work: () => void): void {
		this.database.exec('BEGIN');
		try {
			work();
			this.database.exec('COMMIT');
		} catch (error) {
			this.database.exec('ROLLBACK');
			throw error;
		}
	}

	setting(name: string): string | undefined {
		return this.one<{ value: string }>('SELECT value FROM settings WHERE name = ?', name)?.value;
	}

	setSetting(name: string, value: string): void {
		this.run('INSERT OR REPLACE INTO settings VALUES (?, ?)', name, value);
	}

	addClient(registration: ClientRegistration): void {
		this.run(
			'INSERT INTO clients VALUES (?, ?)',
			registration.clientId,
			JSON.stringify(registration),
		);
	}

	client(id: string): ClientRegistration | undefined {
		const row = this.one<{ registration: string }>('SELECT * FROM clients WHERE id = ?', id);
		return row && (JSON.parse(row.registration) as ClientRegistration);
	}

	/** @param visible ids of the engagements the client may see; all when undefined */
	countEngagements(visible: string[] | undefined): number {
		return this.one<{ n: number }>(
			'SELECT count(*) AS n FROM engagements WHERE ? IS NULL OR id IN (SELECT value FROM json_each(?))',
			...both(visible),
		)!.n;
	}

	engagements(visible: string[] | undefined, offset = 0, limit = -1): Engagement[] {
		return this.all<Engagement>(
			'SELECT * FROM engagements WHERE ? IS NULL OR id IN (SELECT value FROM json_each(?)) ORDER BY rowid LIMIT ? OFFSET ?',
			...both(visible),
			limit,
			offset,
		);
	}

	engagement(id: string): Engagement | undefined {
		return this.one('SELECT * FROM engagements WHERE id = ?', id);
	}

	control(engagementId: string, id: string): Control | undefined {
		return this.one('SELECT * FROM controls WHERE engagement_id = ? AND id = ?', engagementId, id);
	}

	findings(engagementId: string, controlId: string): Finding[] {
		return this.all(
			'SELECT * FROM findings WHERE engagement_id = ? AND control_id = ? ORDER BY rowid',
			engagementId,
			controlId,
		);
	}

	evidence(engagementId: string, controlId: string): Evidence[] {
		return this.all(
			'SELECT * FROM evidence WHERE engagement_id = ? AND control_id = ? ORDER BY rowid',
			engagementId,
			controlId,
		);
	}

	allEvidence(): Evidence[] {
		return this.all('SELECT * FROM evidence ORDER BY rowid');
	}

	token(digest: string): Token | undefined {
		return this.one('SELECT * FROM tokens WHERE digest = ?', digest);
	}

	/** Ends the life of every token. They stay known, so that it's known whose they were. */
	expireTokens(): void {
		this.database.exec('UPDATE tokens SET expires_at = 0');
	}
}

function both(visible: string[] | undefined): [string | null, string | null] {
	const ids = visible ? JSON.stringify(visible) : null;
	return [ids, ids];
}
