import type { INodeParameters } from 'n8n-workflow';

/** Of the sandbox's seed data. */
export const ENGAGEMENT_ID = 'eng_xyz789';
export const CONTROL_ID = 'ctrl_abc123';

/** The engagement locator's value in its mode "By ID"; an expression works too. */
export const byId = (value: unknown) => ({ __rl: true, mode: 'id', value: value as string });

export function submit(more: INodeParameters = {}): INodeParameters {
	return {
		resource: 'evidence',
		operation: 'submit',
		engagementId: byId(ENGAGEMENT_ID),
		controlId: CONTROL_ID,
		...more,
	};
}

export function getControl(more: INodeParameters = {}): INodeParameters {
	return {
		resource: 'control',
		operation: 'get',
		engagementId: byId(ENGAGEMENT_ID),
		controlId: CONTROL_ID,
		...more,
	};
}

export function getAll(more: INodeParameters = {}): INodeParameters {
	return { resource: 'engagement', operation: 'getAll', ...more };
}

export function verify(more: INodeParameters = {}): INodeParameters {
	return { ...submit(more), operation: 'verify' };
}
