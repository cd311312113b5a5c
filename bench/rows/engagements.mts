/** Listing all engagements of a large account, page by page. */
import { alternate } from '../alternate.mts';
import { HTTP_REQUEST, OURS, type Measurement } from '../measurement.mts';
import type { Scale } from '../scale.mts';
import { ENGAGEMENTS, PAGE_SIZE, type Stage } from '../stage.mts';
import { prepareRun, requireDone } from '../workflowRun.mts';
import { auditdex, chain, httpRequest, splitOut, start } from '../workflows.mts';

const LATENCY_MS = 20;
const PAIRS = 3;
const MINIMUM = 'Latency × pages';

export async function measureEngagements(stage: Stage, scale: Scale): Promise<Measurement[]> {
	await stage.useBinaryMode('filesystem');
	const { credential, baseUrl, admin } = stage;
	const getAll = { resource: 'engagement', operation: 'getAll', returnAll: true };
	const ours = requireDone(
		await prepareRun(stage, chain('Engagements', [start, auditdex(credential, getAll)])),
		ENGAGEMENTS,
	);
	const paged = httpRequest(credential, {
		url: `${baseUrl}/engagements`,
		options: {
			pagination: {
				pagination: {
					paginationMode: 'updateAParameterInEachRequest',
					parameters: {
						parameters: [
							{
								type: 'qs',
								name: 'cursor',
								value: '={{ $response.body.next_cursor ?? undefined }}',
							},
						],
					},
					paginationCompleteWhen: 'other',
					completeExpression: '={{ !$response.body.next_cursor }}',
				},
			},
		},
	});
	const pages = requireDone(
		await prepareRun(stage, chain('Engagement pages by HTTP', [start, paged])),
		ENGAGEMENTS / PAGE_SIZE,
	);
	const split = { ...splitOut('data'), name: 'Work, split' };
	const itemsByHttp = await prepareRun(stage, chain('Engagements by HTTP', [start, paged, split]));
	await admin.setLatency(LATENCY_MS);
	const runs = await alternate({ ours, pages, items: itemsByHttp }, scale.repetitions(PAIRS));
	await admin.setLatency(0);
	const nodes = 2;
	return [
		{
			id: 'engagements',
			work: `List ${ENGAGEMENTS} engagements, ${PAGE_SIZE} a page, ${LATENCY_MS} ms latency`,
			figure: 'time of the nodes',
			unit: 'ms',
			ours: { name: OURS, values: runs.ours.map(({ ms }) => ms) },
			builtIn: [
				{
					name: 'HTTP Request, pagination set',
					series: HTTP_REQUEST,
					values: runs.pages.map(({ ms }) => ms),
				},
				{
					name: 'HTTP Request, pagination set, and Split Out',
					series: 'HTTP Request and Split Out',
					values: runs.items.map(({ ms }) => ms * nodes),
				},
			],
			limit: { name: MINIMUM, series: 'Minimum', values: [(LATENCY_MS * ENGAGEMENTS) / PAGE_SIZE] },
			targets: [],
			chart: { id: 'requests', category: `${ENGAGEMENTS} engagements` },
		},
	];
}
