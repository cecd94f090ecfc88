/** What stands beside a month's name, and so may tell whose language it is. */
export interface DateAround {
  readonly weekday: string | undefined;
  readonly day: number;
  readonly year: number | undefined;
}

const ENGLISH = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');

/** The languages that glibc writes dates in, tried in this order. East Asian months are numbers. */
const LANGUAGES =
  'en de fr es it pt nl pl cs sk sl hr hu ro da nb sv fi et lv lt el ru uk bg sr tr vi id ca he ar fa hi th'.split(
    ' ',
  );

const MONTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;

const found = new Map<string, number | undefined>();

/**
 * Which month, from 0, a log's date names: as bytes of UTF-8, in whatever language the machine spoke. A
 * name that means two months in two languages (`lis`) is told by the weekday beside it.
 */
export function monthOf(name: string, around: DateAround): number | undefined {
  const english = ENGLISH.indexOf(name.toLowerCase());
  if (english !== -1) return english;
  const key = [name, around.weekday, around.day, around.year].join(' ');
  if (!found.has(key)) found.set(key, lookUp(name, around));
  return found.get(key);
}

function lookUp(name: string, around: DateAround): number | undefined {
  const number = /^\d+/.exec(name)?.[0];
  if (number !== undefined) return MONTHS.find((month) => month === Number(number) - 1);
  const candidates = LANGUAGES.flatMap((language) =>
    MONTHS.filter((month) =>
      isName(name, language, new Date(2000, month, 1), { month: 'short' }),
    ).map((month) => ({ language, month })),
  );
  const isRight = ({ language, month }: (typeof candidates)[number]): boolean => {
    const { weekday, day, year } = around;
    if (weekday === undefined || year === undefined) return true;
    return isName(weekday, language, new Date(year, month, day), { weekday: 'short' });
  };
  return (candidates.find(isRight) ?? candidates[0])?.month;
}

/** glibc's abbreviations and ICU's are of different length: one begins the other. */
function isName(
  bytes: string,
  language: string,
  date: Date,
  form: Intl.DateTimeFormatOptions,
): boolean {
  const written = plain(Buffer.from(bytes, 'latin1').toString('utf8'));
  const expected = plain(new Intl.DateTimeFormat(language, form).format(date));
  return written !== '' && (expected.startsWith(written) || written.startsWith(expected));
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[.\s\p{Cf}]/gu, '');
}
