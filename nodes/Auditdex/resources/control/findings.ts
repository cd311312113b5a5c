import { isObject, type JsonObject } from '../../api/json';

/** How many findings a control has, as far as its object tells. */
export interface FindingCounts {
	/** Null where it doesn't say. */
	total: number | null;
	/** By severity as the service spells it; '' for findings without one. Undefined where it doesn't say. */
	bySeverity?: Map<string, number>;
}

const LIST_NAME = /^(?:(?:audit|control|linked|related)[_-]?)?findings$/i;
const COUNT_NAME =
	/^(?:total[_-]?findings?|(?:number|num|no)[_-]?(?:of[_-]?)?findings|findings?[_-]?(?:count|total))$/i;
const SEVERITY_COUNTS_NAME = /^findings?[_-]?(?:by[_-]?severity|counts|summary)$/i;
const TOTAL = /^(?:total|count|total[_-]?(?:count|items|results))$/i;
const MORE = /^(?:has[_-]?more|more|truncated|next(?:[_-]?(?:cursor|url|page|page[_-]?token))?)$/i;
/** Beside the list, e.g. `has_more_findings`. */
const GOES_ON = /(?:more|next|truncated).*findings|findings.*(?:more|next|truncated)/i;
const PAGE_NAME = /^(?:items|data|results?|list|records|entries|values|nodes|findings)$/i;
/** Severities by which counts without a list are known as such, e.g. not by status. */
const SEVERITY =
	/^(?:very[_-]?)?(?:critical|severe|high|major|significant|material|medium|moderate|minor|low|info|informational|none)(?:[_-]?(?:weakness|deficiency))?$/i;
const SEVERITY_KEYS = ['severity', 'severity_level', 'severityLevel'];

/**
 * Counts the findings of a control (API page, "Get Control Status", and its example of a finding).
 * @param places where in the API's answer members of the control may stand
 */
export function countFindings(places: readonly JsonObject[]): FindingCounts {
	const members = places.flatMap(Object.entries) as Array<[string, unknown]>;
	const find = (name: RegExp) =>
		members.find(([key, value]) => name.test(key) && value !== null)?.[1];
	const said = find(COUNT_NAME);
	const total = isCount(said) ? said : null;
	if (members.some(([name, value]) => GOES_ON.test(name) && Boolean(value))) return { total };
	const counted = countIn(find(LIST_NAME), total) ?? countIn(find(SEVERITY_COUNTS_NAME), total);
	return counted ?? { total };
}

/** @param said how many there are in all, where another member says so */
function countIn(findings: unknown, said: number | null): FindingCounts | undefined {
	if (isCount(findings)) return { total: findings };
	if (Array.isArray(findings)) return countList(findings, said);
	if (!isObject(findings)) return undefined;
	const members = Object.entries(findings);
	const list = members.find(([name, value]) => PAGE_NAME.test(name) && Array.isArray(value))?.[1];
	const all = members.find(([name, value]) => TOTAL.test(name) && isCount(value))?.[1];
	const total = isCount(all) ? all : said;
	if (Array.isArray(list)) {
		const goesOn = members.some(([name, value]) => MORE.test(name) && Boolean(value));
		return goesOn ? { total } : countList(list, total);
	}
	const counts = members.filter((member): member is [string, number] => isCount(member[1]));
	const bySeverity = new Map(counts.filter(([name]) => SEVERITY.test(name)));
	if (bySeverity.size === 0) return total === null ? undefined : { total };
	const isWhole = members.every(([name]) => bySeverity.has(name));
	const sum = [...bySeverity.values()].reduce((one, other) => one + other, 0);
	return { total: total ?? (isWhole ? sum : null), bySeverity };
}

function countList(findings: unknown[], said: number | null): FindingCounts {
	// Only a part of them is shown.
	if (said !== null && said > findings.length) return { total: said };
	const total = findings.length;
	if (total > 0 && !findings.some(isObject)) return { total };
	const bySeverity = new Map<string, number>();
	for (const finding of findings) {
		const severity = severityOf(finding);
		bySeverity.set(severity, (bySeverity.get(severity) ?? 0) + 1);
	}
	return { total, bySeverity };
}

function severityOf(finding: unknown): string {
	if (!isObject(finding)) return '';
	const severity = SEVERITY_KEYS.map((key) => finding[key]).find((value) => value !== undefined);
	return typeof severity === 'string' || typeof severity === 'number' ? String(severity) : '';
}

const isCount = (value: unknown): value is number =>
	typeof value === 'number' && Number.isInteger(value) && value >= 0;
