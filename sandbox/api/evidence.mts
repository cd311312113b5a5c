import { createHash, randomUUID } from 'node:crypto';
import { chmod, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import type { Audit } from '../audit.mts';
import type { Clock } from '../clock.mts';
import type { Settings } from '../options.mts';
import { INCOMING, type Evidence, type Store } from '../store/store.mts';
import { visibleEngagement } from './engagements.mts';
import { ApiProblem, type FieldError } from './problem.mts';
import { refuseQuery } from './strictness.mts';

/** By the code of the multipart parser's error. */
const PARSER_COMPLAINTS: Record<string, string> = {
	FST_FILES_LIMIT: 'The body has too many parts',
	FST_FIELDS_LIMIT: 'The body has too many parts',
	FST_PROTO_VIOLATION: 'The body has a field that this request does not have',
	FST_INVALID_JSON_FIELD_ERROR: 'The body has a part that says it is JSON and is not',
};
const LONGEST_FILE_NAME = 255;
const LONGEST_CONTROL_ID = 100;
const LONGEST_DESCRIPTION = 10_000;

/** Evidence as the API shows it, with the hash under the name and in the place chosen at start. */
export function presentEvidence(
	{ sha256, ...evidence }: Evidence,
	{ hashField, hashPlacement, hashPrefix }: Settings,
): Record<string, unknown> {
	const hash = { [hashField]: hashPrefix ? `sha256:${sha256}` : sha256 };
	return hashPlacement === 'top'
		? { ...evidence, ...hash }
		: { ...evidence, [hashPlacement]: hash };
}

/** Undoes what WHATWG form data does to a file name: `"`, CR and LF are percent-encoded. */
function fileNameOf(part: MultipartFile): string {
	return part.filename.replace(/%(22|0D|0A)/gi, (encoded) => decodeURIComponent(encoded));
}

interface Upload {
	fields: Map<string, string>;
	file?: { name: string; contentType: string; size: number; sha256: string; path: string };
	errors: FieldError[];
}

/**
 * Reads the request part by part; the file goes to disk and through the hash as it arrives, and is
 * on the disk for good when this returns. What was written is removed when the request breaks off.
 */
async function receive(
	request: FastifyRequest,
	store: Store,
	maxFileBytes: number,
): Promise<Upload> {
	const upload: Upload = { fields: new Map(), errors: [] };
	const path = join(store.evidenceDir, INCOMING + randomUUID());
	try {
		for await (const part of request.parts()) {
			const field = part.fieldname;
			if (part.type === 'field') {
				const known = field === 'control_id' || field === 'description';
				if (!known) upload.errors.push({ field, message: 'is not a field of this request' });
				if (upload.fields.has(field)) upload.errors.push({ field, message: 'is given twice' });
				const isText = typeof part.value === 'string';
				if (!isText) upload.errors.push({ field, message: 'must be text' });
				upload.fields.set(field, isText ? (part.value as string) : '');
			} else if (field !== 'file' || upload.file) {
				upload.errors.push({
					field,
					message: upload.file ? 'is given twice' : 'is not a file field',
				});
				part.file.resume();
			} else {
				const handle = await open(path, 'w', 0o600);
				try {
					const hash = createHash('sha256');
					let size = 0;
					for await (const chunk of part.file as AsyncIterable<Buffer>) {
						size += chunk.length;
						if (size > maxFileBytes) {
							throw new ApiProblem(413, `Files may have ${maxFileBytes} bytes at the most`);
						}
						hash.update(chunk);
						await handle.write(chunk);
					}
					await handle.sync();
					const sha256 = hash.digest('hex');
					const contentType = part.mimetype;
					upload.file = { name: fileNameOf(part), contentType, size, sha256, path };
				} finally {
					await handle.close();
				}
			}
		}
		return upload;
	} catch (error) {
		await rm(path, { force: true });
		// What is still to come is read and dropped, so that the sender gets to read the answer.
		request.raw.unpipe();
		request.raw.resume();
		const { code = '', syscall } = error as NodeJS.ErrnoException;
		if (error instanceof ApiProblem || syscall !== undefined) throw error;
		throw new ApiProblem(
			400,
			PARSER_COMPLAINTS[code] ?? 'The body is not whole multipart/form-data',
		);
	}
}

async function requireMultipart({ headers }: FastifyRequest): Promise<void> {
	const type = headers['content-type'] ?? '';
	const complaint = !/^multipart\/form-data *(;|$)/i.test(type)
		? 'must be multipart/form-data'
		: !/; *boundary=("[^"]+"|[^";, ]+)/i.test(type)
			? 'must name the boundary'
			: undefined;
	if (!complaint) return;
	throw ApiProblem.validation(`The Content-Type ${complaint}`, [
		{ field: 'Content-Type', message: complaint },
	]);
}

function check({ fields, file, errors }: Upload): FieldError[] {
	const found = [...errors];
	const controlId = fields.get('control_id') ?? '';
	if (controlId === '') found.push({ field: 'control_id', message: 'is missing' });
	if (controlId.length > LONGEST_CONTROL_ID) {
		found.push({
			field: 'control_id',
			message: `is longer than ${LONGEST_CONTROL_ID} characters`,
		});
	}
	if ((fields.get('description')?.length ?? 0) > LONGEST_DESCRIPTION) {
		found.push({
			field: 'description',
			message: `is longer than ${LONGEST_DESCRIPTION} characters`,
		});
	}
	if (!file) found.push({ field: 'file', message: 'is missing' });
	else if (file.name.trim() === '') found.push({ field: 'file', message: 'has no file name' });
	else if (file.name.length > LONGEST_FILE_NAME) {
		found.push({
			field: 'file',
			message: `has a name longer than ${LONGEST_FILE_NAME} characters`,
		});
	}
	return found;
}

/** `POST /engagements/{engagement_id}/evidence` */
export function registerSubmitEvidence(
	app: FastifyInstance,
	{
		store,
		clock,
		settings,
		audit,
	}: {
		store: Store;
		clock: Clock;
		settings: Settings;
		audit: Audit;
	},
): void {
	const closing = new AbortController();
	app.addHook('onClose', async () => closing.abort());
	app.post<{ Params: { engagementId: string } }>(
		'/v1/engagements/:engagementId/evidence',
		{
			config: { operation: 'submitEvidence', scope: 'evidence:write' },
			onRequest: [refuseQuery, requireMultipart],
		},
		async (request, reply) => {
			const { id: engagementId } = visibleEngagement(
				store,
				request.client,
				request.params.engagementId,
			);
			const upload = await receive(request, store, settings.maxFileBytes);
			const { fields, file } = upload;
			const errors = check(upload);
			const controlId = fields.get('control_id') ?? '';
			try {
				if (errors.length > 0 || !file) {
					throw ApiProblem.validation('The evidence could not be accepted', errors);
				}
				if (!store.control(engagementId, controlId)) {
					throw new ApiProblem(404, `Control ${controlId} not found in engagement ${engagementId}`);
				}
			} catch (error) {
				if (file) await rm(file.path, { force: true });
				throw error;
			}
			const evidence: Evidence = {
				id: `evd_${randomUUID().replaceAll('-', '').slice(0, 20)}`,
				engagement_id: engagementId,
				control_id: controlId,
				file_name: file.name,
				content_type: file.contentType,
				size: file.size,
				sha256: file.sha256,
				description: fields.get('description') ?? '',
				submitted_by: request.client.clientId,
				submitted_at: clock.timestamp(),
			};
			const keep = async () => {
				await chmod(file.path, 0o400);
				await rename(file.path, join(store.evidenceDir, evidence.id));
				evidence.submitted_at = clock.timestamp();
				audit.submitEvidence(evidence);
			};
			if (request.fault?.kind === '504-stored-late') {
				const { delayMs = 1_000 } = request.fault;
				void delay(delayMs, undefined, { signal: closing.signal }).then(keep, () => {});
				throw new ApiProblem(504, 'The service behind the gateway did not answer in time');
			}
			await keep();
			return reply.code(201).send(presentEvidence(evidence, settings));
		},
	);
}
