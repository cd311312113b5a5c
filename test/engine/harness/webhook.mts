/**
 * A webhook endpoint as n8n 2.41 has it. n8n-core has the context that a trigger's `webhook` method
 * runs in; what lies around it is part of the `n8n` package: the reading of bodies, the start of the
 * run, the answer, static data. Here they do what they do there, in the same order, for a node of a
 * version above 1.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { createGunzip, createInflate } from 'node:zlib';
import type {
	IDataObject,
	INode,
	INodeType,
	IWebhookData,
	IWebhookResponseData,
	WorkflowExecuteMode,
} from 'n8n-workflow';

import type { CredentialsHelper } from './credentials.mts';
import { additionalDataFor, runWorkflow } from './engine.mts';
import { core, workflow as n8n } from './n8n.mts';
import { AUDITDEX_TRIGGER, NodeTypes } from './nodeTypes.mts';

const require = createRequire(import.meta.url);
const { parseIncomingMessage } = createRequire(require.resolve('n8n-core'))(
	'@n8n/backend-network',
) as typeof import('@n8n/backend-network');

const MAX_BODY_BYTES = 16 * 1024 * 1024;

type WebhookRequest = IncomingMessage & {
	contentType?: string;
	encoding?: BufferEncoding;
	rawBody?: Buffer;
	body?: unknown;
	readRawBody(): Promise<void>;
};

export interface EndpointOptions {
	parameters?: IDataObject;
	credentials?: INode['credentials'];
	credentialsHelper: CredentialsHelper;
}

/** The endpoint of an active workflow that has the trigger alone. */
export class WebhookEndpoint {
	url = '';
	/** What the trigger put out in each run. */
	readonly runs: IDataObject[][] = [];
	/** As the database has it. */
	staticData = '{}';
	/** `manual` while the editor listens for a test event. */
	mode: WorkflowExecuteMode = 'webhook';
	/** Runs before a run is started; what it throws is why it couldn't be. */
	beforeRun: () => Promise<void> = async () => {};
	/** What the last node puts out, where the sender is told when the run is over. */
	lastNodeOutput: IDataObject[] = [];
	/** Runs that n8n starts to show that the `webhook` method threw. */
	failedRuns = 0;

	private readonly node: INode;
	private readonly type: INodeType;
	private readonly credentialsHelper: CredentialsHelper;
	private workflowId = crypto.randomUUID();
	private readonly server = createServer((request, response) => {
		void this.handle(request as WebhookRequest, response);
	});

	private constructor({ parameters, credentials, credentialsHelper }: EndpointOptions) {
		this.credentialsHelper = credentialsHelper;
		this.type = new NodeTypes().getByNameAndVersion(AUDITDEX_TRIGGER, 1.1);
		this.node = {
			id: crypto.randomUUID(),
			name: 'Auditdex Trigger',
			type: AUDITDEX_TRIGGER,
			typeVersion: 1.1,
			position: [0, 0],
			parameters: {
				events: ['*'],
				responseMode: 'onReceived',
				options: {},
				...parameters,
			} as INode['parameters'],
			credentials,
		};
	}

	static async open(options: EndpointOptions): Promise<WebhookEndpoint> {
		const endpoint = new WebhookEndpoint(options);
		await new Promise<void>((resolve) => endpoint.server.listen(0, '127.0.0.1', resolve));
		endpoint.url = `http://127.0.0.1:${(endpoint.server.address() as AddressInfo).port}/`;
		return endpoint;
	}

	/** What a new process would know: static data alone, as memories are kept by workflow. */
	restart(): void {
		this.workflowId = crypto.randomUUID();
	}

	async openConnections(): Promise<number> {
		return await promisify(this.server.getConnections.bind(this.server))();
	}

	async close(): Promise<void> {
		this.server.closeAllConnections();
		await new Promise((resolve) => this.server.close(resolve));
	}

	private async handle(request: WebhookRequest, response: ServerResponse): Promise<void> {
		const answer = answerer(response);
		try {
			prepareBody(request);
			if (request.contentType === 'multipart/form-data') await buffer(request);
			else if (isParsed(request.contentType)) await parseBody(request);
		} catch {
			answer.status(422).json({ code: 422 });
			return;
		}
		const workflow = new n8n.Workflow({
			id: this.workflowId,
			nodes: [this.node],
			connections: {},
			active: true,
			nodeTypes: new NodeTypes(),
			staticData: JSON.parse(this.staticData) as IDataObject,
		});
		let result: IWebhookResponseData;
		try {
			result = await this.callNode(workflow, request, answer);
		} catch {
			this.failedRuns++;
			answer.status(500).json({ code: 500 });
			return;
		}
		if (result.noWebhookResponse) return;
		const isToldLast = this.node.parameters.responseMode === 'lastNode' && result.workflowData;
		try {
			if (result.workflowData) await this.startRun(result.workflowData[0]!);
		} catch {
			// A run that failed is answered, and static data stored, as for one that succeeded.
			if (isToldLast) this.store(workflow);
			answer.status(500).json({ message: 'Error in workflow' });
			return;
		}
		const body = isToldLast ? this.lastNodeOutput : (result.webhookResponse as object);
		this.store(workflow);
		answer.status(200).json(body);
	}

	private store(workflow: InstanceType<typeof n8n.Workflow>): void {
		const { staticData } = workflow as { staticData: { __dataChanged?: boolean } };
		if (staticData.__dataChanged) this.staticData = JSON.stringify(staticData);
	}

	private async callNode(
		workflow: InstanceType<typeof n8n.Workflow>,
		request: WebhookRequest,
		response: ServerResponse,
	): Promise<IWebhookResponseData> {
		const additionalData = additionalDataFor(workflow, '', this.mode, this.credentialsHelper);
		Object.assign(additionalData, { httpRequest: request, httpResponse: response });
		const webhookData = {
			webhookDescription: this.type.description.webhooks![0]!,
			node: this.node.name,
			isTest: this.mode === 'manual',
		} as IWebhookData;
		const context = new core.WebhookContext(
			workflow,
			this.node,
			additionalData,
			this.mode,
			webhookData,
			[],
			null,
		);
		return await this.type.webhook!.call(context);
	}

	private async startRun(items: NonNullable<IWebhookResponseData['workflowData']>[0]) {
		await this.beforeRun();
		const { itemsOf } = await runWorkflow({
			nodes: [this.node],
			items,
			mode: this.mode,
			credentialsHelper: this.credentialsHelper,
		});
		this.runs.push(itemsOf(this.node.name).map(({ json }) => json));
	}
}

/** The part of Express's response that triggers use. */
function answerer(response: ServerResponse) {
	const answer = Object.assign(response, {
		status(code: number) {
			response.statusCode = code;
			return answer;
		},
		json(body: object) {
			response.setHeader('Content-Type', 'application/json; charset=utf-8');
			response.end(JSON.stringify(body));
			return answer;
		},
	});
	return answer;
}

function prepareBody(request: WebhookRequest): void {
	parseIncomingMessage(request);
	request.readRawBody = async () => {
		if (request.rawBody) return;
		let stream: Readable = request;
		if (request.headers['content-encoding'] === 'gzip') stream = request.pipe(createGunzip());
		if (request.headers['content-encoding'] === 'deflate') stream = request.pipe(createInflate());
		if (request.destroyed || !stream.readable) throw new Error('not readable');
		const bytes = await buffer(stream);
		if (bytes.length > MAX_BODY_BYTES) throw new Error('too large');
		request.rawBody = bytes;
	};
}

/** What n8n leaves unread, a node may read itself. */
function isParsed(contentType = ''): boolean {
	return /^(?:application\/json|text\/plain|application\/x-www-form-urlencoded)|[/+]xml$/.test(
		contentType,
	);
}

async function parseBody(request: WebhookRequest): Promise<void> {
	await request.readRawBody();
	const { rawBody, contentType, encoding } = request;
	if (rawBody?.length && contentType === 'application/json') {
		request.body = JSON.parse(rawBody.toString(encoding).replace(/^\uFEFF/, ''));
	}
}
