/**
 * A counter of a file that has one a line, `KEY NUMBER`: `memory.events`, `memory.oom_control`, `/proc/vmstat`.
 *
 * @see memory_events_show(), mem_cgroup_oom_control_read() (mm/memcontrol*.c)
 */
export function counterIn(text: string | undefined, key: string): number | undefined {
  const line = new RegExp(`^${key} (?<value>\\d+)$`, 'm').exec(text ?? '');
  const value = line?.groups?.['value'];
  return value === undefined ? undefined : Number(value);
}
