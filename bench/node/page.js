// A page of owners as HubSpot gives it, compact and without `paging` (so it is
// the last), about 330 bytes a record: names beyond ASCII, empty last names,
// instants with and without a fraction, three owners in four with a team.
//
//   node page.js COUNT
const count = Number(process.argv[2] ?? 100);
const firstNames = ["Zoë", "Tomás", "Aiko", "Maximiliane", "Olu", "Sigríður", "Jean-Baptiste", "Priya"];
const lastNames = ["Lindqvist", "Reyes", "田中", "von Hohenstein", "Adeyemi", "", "Delacroix", "Raghunathan"];
const start = Date.UTC(2021, 3, 17, 9, 31, 5, 118);

// RFC 3339, the fraction left out when it is zero, as the vendor does.
const instant = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");

const results = Array.from({ length: count }, (_, n) => ({
  id: String(31018411 + n * 37),
  email: `owner.number.${n}@sales-department.example.com`,
  type: "PERSON",
  firstName: firstNames[n % 8],
  lastName: lastNames[(n * 3) % 8],
  userId: 9107022 + n,
  userIdIncludingInactive: 9107022 + n,
  createdAt: instant(start + n * 86_461_307),
  updatedAt: instant(start + n * 86_461_307 + (n % 3 === 0 ? 3_600_882 : 3_600_000)),
  archived: false,
  ...(n % 4 !== 3 && {
    teams: [{ id: String(1839204 + n), name: "Northern Sales", primary: true }],
  }),
}));

process.stdout.write(JSON.stringify({ results }));
