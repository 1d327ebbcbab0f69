import type { CSSProperties } from "react";

import type { Schedule, Week, WeekDay } from "@/api/types";
import { dayWords, wallTime } from "@/lib/zoned";

import { clockChange, daylight, entriesOf, nowIn } from "./layout";
import classes from "./WeekView.module.css";

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];
const DAY_MIN = 24 * 60;

const share = (minutes: number): string => `${(minutes / DAY_MIN) * 100}%`;

interface WeekViewProps {
  week: Week;
  schedules: readonly Schedule[];
  now: number;
  /** Says what a schedule does. */
  words: (schedule: Schedule) => string;
  /** Absent for those who may not change any. */
  onOpen?: (schedule: Schedule) => void;
}

/** Seven days, their light and dark, and what runs when, on the wall clock of the site. */
export function WeekView({ week, schedules, now, words, onOpen }: WeekViewProps) {
  const present = nowIn(week, now);
  return (
    <div className={classes.week}>
      <div className={classes.scale} aria-hidden="true">
        {HOURS.map((hour) => (
          <span key={hour} style={{ top: share(hour * 60) }}>
            {String(hour).padStart(2, "0")}
          </span>
        ))}
      </div>
      <ol className={classes.days}>
        {week.days.map((day) => (
          <Day
            key={day.date}
            day={day}
            week={week}
            schedules={schedules}
            now={present?.date === day.date ? present.minutes : null}
            words={words}
            {...(onOpen && { onOpen })}
          />
        ))}
      </ol>
    </div>
  );
}

interface DayProps extends Omit<WeekViewProps, "now"> {
  day: WeekDay;
  /** Minutes from midnight, today only. */
  now: number | null;
}

function Day({ day, week, schedules, now, words, onOpen }: DayProps) {
  const { zone } = week;
  const light = daylight(day, zone);
  const change = clockChange(day);
  const entries = entriesOf(day, week.runs, zone);
  return (
    <li
      className={classes.day}
      aria-label={dayWords(day.date, { weekday: "long", day: "numeric", month: "long" })}
    >
      <div className={classes.head} data-today={now !== null}>
        <span>{dayWords(day.date, { weekday: "short" })}</span>
        <span className={classes.date}>
          {dayWords(day.date, { day: "numeric" })}
          <span className={classes.month}> {dayWords(day.date, { month: "short" })}</span>
        </span>
        {change !== null && <span className={classes.change}>{change}</span>}
      </div>
      <div className={classes.column} data-sun={light !== null}>
        {light !== null && (
          <div
            className={classes.light}
            style={{ top: share(light.from), height: share(light.to - light.from) }}
          >
            <span className={classes.sun}>↑ {wallTime(day.sunrise ?? 0, zone)}</span>
            <span className={classes.sun}>↓ {wallTime(day.sunset ?? 0, zone)}</span>
            <span className="visually-hidden">
              Sunrise {wallTime(day.sunrise ?? 0, zone)}, sunset {wallTime(day.sunset ?? 0, zone)}
            </span>
          </div>
        )}
        {now !== null && <div className={classes.now} style={{ top: share(now) }} aria-hidden="true" />}
        <ol className={classes.entries}>
          {entries.map(({ run, top }) => {
            const schedule = schedules.find(({ id }) => id === run.schedule_id);
            if (schedule === undefined) return null;
            const off = !schedule.enabled;
            const why = run.excepted ? " (not on this day)" : off ? " (turned off)" : "";
            const time = wallTime(run.at, zone);
            const text = `${time} ${schedule.name}: ${words(schedule)}${why}`;
            const content = (
              <>
                <b>{time}</b> <span className={classes.name}>{schedule.name}</span>
              </>
            );
            const style: CSSProperties = { top: share(top) };
            return (
              <li
                key={`${run.schedule_id} ${run.at}`}
                className={classes.entry}
                style={style}
                data-off={off || run.excepted}
              >
                {onOpen ? (
                  <button type="button" title={text} aria-label={text} onClick={() => onOpen(schedule)}>
                    {content}
                  </button>
                ) : (
                  <span title={text} role="img" aria-label={text}>
                    {content}
                  </span>
                )}
              </li>
            );
          })}
        </ol>
      </div>
    </li>
  );
}
