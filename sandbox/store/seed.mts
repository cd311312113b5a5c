import type { Control, Engagement, Store } from './store.mts';

const NAMED: Array<[name: string, framework: string]> = [
	['SOC 2 Type II 2026', 'SOC 2'],
	['ISO 27001 Surveillance 2026', 'ISO/IEC 27001:2022'],
	['PCI DSS Assessment 2026', 'PCI DSS 4.0'],
	['SOX ITGC FY2026', 'SOX'],
	['HIPAA Security Review 2026', 'HIPAA'],
];

const CONTROLS: Array<[id: string, title: string]> = [
	['ctrl_abc123', 'Privileged access is reviewed every quarter'],
	['ctrl_def456', 'Changes are approved before they are deployed'],
	['ctrl_ghi789', 'Backups are restored in a test every six months'],
];

const engagementId = (index: number) =>
	index === 0 ? 'eng_xyz789' : `eng_${String(index).padStart(6, '0')}`;

/** An engagement at its beginning. */
export function newEngagement({
	id,
	name,
	framework = 'SOC 2',
}: Pick<Engagement, 'id' | 'name'> & { framework?: string }): Engagement {
	return {
		id,
		name,
		framework,
		status: 'in_progress',
		period_start: '2026-01-01',
		period_end: '2026-12-31',
	};
}

/** A control that's being tested. */
export function newControl(
	engagement_id: string,
	{ id, title }: Pick<Control, 'id' | 'title'>,
): Control {
	return { id, engagement_id, title, testing_status: 'in_testing', conclusion: null };
}

/** Adds engagements with three controls each until there are `count`. */
export function seed(store: Store, count: number): void {
	store.transaction(() => {
		for (let index = store.countEngagements(undefined); index < count; index++) {
			const [name, framework] = NAMED[index] ?? [`Vendor review ${index}`, 'SOC 2'];
			const engagement = newEngagement({ id: engagementId(index), name, framework });
			store.put('engagements', engagement);
			for (const [id, title] of CONTROLS) {
				store.put('controls', newControl(engagement.id, { id, title }));
			}
		}
	});
}
