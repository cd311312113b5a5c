import type { INodeProperties } from 'n8n-workflow';

/** Options that every operation has. */
export const requestOptions: INodeProperties[] = [
	{
		displayName: 'Max Retries',
		name: 'maxRetries',
		type: 'number',
		default: 5,
		typeOptions: { minValue: 0 },
		description:
			'How often a request is sent again when AUDITDEX is busy or does not answer. A file is only sent again after AUDITDEX was asked whether it is already stored.',
	},
	{
		displayName: 'Max Wait (Seconds)',
		name: 'maxWaitSeconds',
		type: 'number',
		default: 120,
		typeOptions: { minValue: 0 },
		description: 'The longest single wait for the rate limit of your plan',
	},
	{
		displayName: 'Parallel Requests',
		name: 'parallelRequests',
		type: 'number',
		default: 8,
		typeOptions: { minValue: 1 },
		description:
			'How many input items are worked on at once; the output keeps the input order. Of large files no more than four are sent at once.',
	},
];

/** An operation's own options together with those that all have, in the order of their labels. */
export function withRequestOptions(own: readonly INodeProperties[]): INodeProperties[] {
	return [...own, ...requestOptions].sort((a, b) => a.displayName.localeCompare(b.displayName));
}
