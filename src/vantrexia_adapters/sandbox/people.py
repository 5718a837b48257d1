# ruff: noqa: RUF001 - names in Greek, Cyrillic and other scripts look "ambiguous" to a linter; they are the point
"""Synthetic people for the demo practice: plausible, diverse, deterministic, and obviously not real.

The tables come first, a short engine after them. The same seed always gives the same people, and a shorter
run is a prefix of a longer one, so that "person 17" means the same person in every demo of that seed.

What marks the people as made up, in case a record ever strays:

* phone numbers are in 555-0100..555-0199, the range kept free for fiction;
* e-mail addresses are at ``example.com``, ``example.org`` or ``example.net`` (RFC 2606);
* social security numbers all have area 899, which the SSA assigned to nobody before June 2011. They are
  valid in form, and *not* proof that no such number exists: never submit one anywhere.

Person 0, Jane Doe, is the one exception: she repeats the sample of the API documentation to the letter, with
its seven-digit phone number and its address at ``email.com``, which is somebody's real domain. Whatever sends
messages must not send to her.

Only ``Random.random()`` is called: it is the one method whose sequence Python promises to keep for a seed
from version to version.
"""

import itertools
import random
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import attrs

__all__ = ["SyntheticPerson", "synthetic_people"]


@attrs.frozen(repr=False)
class SyntheticPerson:
    """One made-up patient of the demo practice, as plain data."""

    first_name: str
    last_name: str
    date_of_birth: str  # YYYY-MM-DD
    gender: str  # male | female | other | unknown
    phone: str | None
    email: str | None
    # Left out of the hash because a dict has none; equality still compares it.
    address: dict[str, str | None] | None = attrs.field(hash=False)  # line1, line2, city, state, zip
    ssn: str | None
    external_id: str | None  # "ECW-…"
    archived_because: str | None

    def __repr__(self) -> str:
        """Name the type only: a habit of printing people would outlive the synthetic ones."""
        return "SyntheticPerson(<masked>)"


# ---------------------------------------------------------------------------------------------------------
# Tables of the people everybody knows
# ---------------------------------------------------------------------------------------------------------

# Numbers the engine never gives out (it starts at ECW-100000 and skips the first SSNs), so these stay unique.
_FIXED: Final[tuple[SyntheticPerson, ...]] = (
    SyntheticPerson(
        first_name="Jane",
        last_name="Doe",
        date_of_birth="1958-03-15",
        gender="female",
        phone="+1-555-0101",
        email="jane.doe@email.com",
        address={
            "line1": "123 Main St",
            "line2": "Apt 4B",
            "city": "Springfield",
            "state": "IL",
            "zip": "62704",
        },
        ssn=None,
        external_id="ECW-98765",
        archived_because=None,
    ),
    SyntheticPerson(
        first_name="John",
        last_name="Smith",
        date_of_birth="1949-07-22",
        gender="male",
        phone="+1-217-555-0102",
        email="john.smith@example.com",
        address={"line1": "456 Oak Ave", "line2": None, "city": "Springfield", "state": "IL", "zip": "62702"},
        ssn="899-01-0001",
        external_id=None,
        archived_because=None,
    ),
    SyntheticPerson(
        first_name="Mary",
        last_name="Thompson",
        date_of_birth="1943-11-08",
        gender="female",
        phone="+1-217-555-0103",
        email=None,
        address={"line1": "789 Elm St", "line2": None, "city": "Springfield", "state": "IL", "zip": "62703"},
        ssn=None,
        external_id="ECW-98767",
        archived_because="Patient transferred to another practice",
    ),
)


# ---------------------------------------------------------------------------------------------------------
# Tables of places
# ---------------------------------------------------------------------------------------------------------


class _City(NamedTuple):
    """A city with some of its ZIP codes and the area codes that serve it."""

    name: str
    state: str
    zips: tuple[str, ...]
    area_codes: tuple[str, ...]


# city | state | ZIP codes | area codes
_CITY_TABLE: Final = """
Springfield    | IL | 62701 62702 62703 62704       | 217
Chicago        | IL | 60614 60629 60640 60657       | 312 773 872
Peoria         | IL | 61602 61603 61604 61614       | 309
New York       | NY | 10001 10025 10029 10128       | 212 646 917
Brooklyn       | NY | 11201 11215 11220 11235       | 347 718 929
Buffalo        | NY | 14201 14207 14213 14220       | 716
Rochester      | NY | 14607 14609 14612 14620       | 585
Newark         | NJ | 07102 07104 07107 07112       | 862 973
Philadelphia   | PA | 19103 19111 19124 19147       | 215 267
Pittsburgh     | PA | 15206 15212 15217 15237       | 412
Boston         | MA | 02108 02114 02116 02118       | 617 857
Worcester      | MA | 01602 01604 01605 01609       | 508 774
Portland       | ME | 04101 04102 04103             | 207
Baltimore      | MD | 21201 21206 21215 21224       | 410 443
Washington     | DC | 20001 20009 20011 20019       | 202
Richmond       | VA | 23220 23223 23225 23227       | 804
Charlotte      | NC | 28202 28205 28210 28269       | 704 980
Raleigh        | NC | 27601 27604 27609 27615       | 919 984
Charleston     | SC | 29401 29403 29407 29412       | 843
Atlanta        | GA | 30306 30310 30312 30318       | 404 470 678
Jacksonville   | FL | 32205 32207 32210 32256       | 904
Miami          | FL | 33125 33135 33142 33176       | 305 786
Tampa          | FL | 33602 33604 33611 33647       | 813
New Orleans    | LA | 70115 70117 70119 70122       | 504
Nashville      | TN | 37203 37206 37211 37214       | 615 629
Memphis        | TN | 38104 38109 38111 38116       | 901
Louisville     | KY | 40202 40205 40214 40216       | 502
Columbus       | OH | 43201 43206 43215 43229       | 614
Cleveland      | OH | 44102 44109 44111 44113       | 216
Indianapolis   | IN | 46201 46203 46220 46227       | 317
Detroit        | MI | 48201 48219 48224 48228       | 313
Milwaukee      | WI | 53202 53207 53215 53218       | 414
Minneapolis    | MN | 55404 55406 55408 55417       | 612
Des Moines     | IA | 50310 50312 50315 50317       | 515
St. Louis      | MO | 63104 63109 63116 63118       | 314
Kansas City    | MO | 64108 64111 64114 64131       | 816
Omaha          | NE | 68104 68105 68107 68132       | 402
Oklahoma City  | OK | 73102 73106 73112 73119       | 405
Houston        | TX | 77002 77036 77057 77084       | 281 713 832
San Antonio    | TX | 78201 78207 78228 78240       | 210
Dallas         | TX | 75204 75217 75228 75243       | 214 469 972
El Paso        | TX | 79902 79912 79924 79936       | 915
Albuquerque    | NM | 87102 87106 87110 87120       | 505
Denver         | CO | 80202 80205 80219 80239       | 303 720
Phoenix        | AZ | 85008 85015 85032 85041       | 602
Las Vegas      | NV | 89102 89108 89117 89121       | 702 725
Salt Lake City | UT | 84102 84103 84105 84111       | 385 801
Los Angeles    | CA | 90004 90011 90026 90042       | 213 323
San Diego      | CA | 92101 92104 92115 92126       | 619 858
San Jose       | CA | 95112 95122 95123 95136       | 408 669
Fresno         | CA | 93702 93711 93722 93727       | 559
Portland       | OR | 97202 97206 97214 97217       | 503 971
Seattle        | WA | 98103 98115 98118 98144       | 206
Honolulu       | HI | 96813 96815 96816 96822       | 808
Anchorage      | AK | 99501 99503 99508 99515       | 907
"""

_STREETS: Final = (
    "Main, Oak, Maple, Elm, Cedar, Pine, Walnut, Washington, Lincoln, Jefferson, Park, Lake, Hill, Church, "
    "Spring, River, Highland, Sunset, Willow, Chestnut, Franklin, Prospect, Meadow, Ridge, Cherry, Birch, "
    "Madison, Jackson, Dogwood, Magnolia, Hickory, Valley View, Orchard, Mill, 2nd, 5th, 9th, 14th, 42nd, "
    "Martin Luther King Jr, St. Mary's, Old County"
)
_STREET_TYPES: Final = "St, Ave, Rd, Dr, Ln, Ct, Blvd, Way, Pl, Ter"
_STREET_DIRECTIONS: Final = ("", "", "", "", "", "", "N ", "S ", "E ", "W ", "NE ", "SW ")

_ARCHIVE_REASONS: Final = (
    "Patient discharged from RPM program - goals met",
    "Patient discharged from RPM program - goals met",
    "Patient discharged from RPM program - goals met",
    "Patient transferred to another practice",
    "Patient transferred to another practice",
    "Moved out of state",
    "Moved out of state",
    "Patient deceased",
    "Patient deceased",
    "Patient deceased",
    "Patient declined further monitoring",
    "Lost to follow-up",
    "Insurance coverage ended",
    "Admitted to long-term care facility",
    "Entered hospice care",
    "Device returned at patient's request",
)


# ---------------------------------------------------------------------------------------------------------
# Tables of names
# ---------------------------------------------------------------------------------------------------------


@attrs.frozen
class _Source:
    """The names of one origin, as written down.

    Entries are separated by commas, the commonest first. ``Иванов/Иванова`` gives a last name's masculine and
    feminine form, ``王=Wang`` its Latin spelling (for the e-mail address), ``Smith*244`` a weight of its own;
    entries without one get a weight that falls with their rank. First names are keyed by the first birth
    year they are in fashion.
    """

    share: int  # of 1,000 households
    last: str
    male: Mapping[int, str]
    female: Mapping[int, str]
    english: float = 0.0  # share of people with a first name from the English tables instead
    hyphen: float = 0.0  # share of households with a double last name
    keeps: float = 0.1  # share of couples in which both keep their own last name


_ENGLISH_MALE: Final[Mapping[int, str]] = {
    1930: "Robert, James, John, William, Richard, Charles, Donald, George, Thomas, Joseph, David, "
    "Edward, Ronald, Paul, Kenneth, Frank, Raymond, Jack, Harold, Billy, Gerald, Walter, "
    "Jerry, Joe, Eugene, Henry, Carl, Arthur, Ralph, Albert, Harry, Melvin, Earl, Roy, Fred, "
    "Norman, Leonard, Clarence, Ernest, Floyd, J.D.",
    1940: "James, Robert, John, William, Richard, David, Charles, Thomas, Michael, Ronald, Larry, "
    "Donald, Joseph, Gary, George, Kenneth, Paul, Edward, Jerry, Dennis, Frank, Daniel, "
    "Raymond, Roger, Stephen, Gerald, Walter, Harold, Douglas, Lawrence, Terry, Wayne, "
    "Arthur, Carl, Henry, Bobby, Glenn, Leroy, Vernon",
    1950: "James, Michael, Robert, John, David, William, Richard, Thomas, Mark, Charles, Steven, "
    "Gary, Joseph, Donald, Ronald, Kenneth, Paul, Larry, Daniel, Stephen, Dennis, Timothy, "
    "Edward, Jeffrey, George, Gregory, Kevin, Douglas, Terry, Anthony, Jerry, Bruce, Randy, "
    "Frank, Brian, Scott, Roger, Billy Ray",
    1960: "Michael, David, John, James, Robert, Mark, William, Richard, Thomas, Jeffrey, Steven, "
    "Joseph, Timothy, Kevin, Scott, Brian, Charles, Paul, Daniel, Christopher, Kenneth, "
    "Anthony, Gregory, Ronald, Donald, Gary, Stephen, Eric, Edward, Douglas, Todd, Patrick, "
    "George, Keith, Larry, Matthew, Terry, Andrew",
    1970: "Michael, Christopher, Jason, David, James, John, Robert, Brian, William, Matthew, "
    "Joseph, Daniel, Kevin, Eric, Jeffrey, Richard, Scott, Mark, Steven, Thomas, Timothy, "
    "Anthony, Charles, Jeremy, Joshua, Ryan, Paul, Andrew, Gregory, Chad, Kenneth, Jonathan, "
    "Stephen, Shawn, Aaron, Adam, Patrick, Justin",
    1980: "Michael, Christopher, Matthew, Joshua, David, James, Daniel, Robert, John, Joseph, "
    "Jason, Justin, Andrew, Ryan, William, Brian, Brandon, Jonathan, Nicholas, Anthony, "
    "Eric, Adam, Kevin, Thomas, Steven, Kyle",
    1990: "Michael, Christopher, Matthew, Joshua, Jacob, Nicholas, Andrew, Daniel, Tyler, Joseph, "
    "Brandon, David, James, Ryan, John, Zachary, Justin, William, Anthony, Robert, Austin, "
    "Alexander, Kyle, Cody, Dylan",
    2000: "Jacob, Michael, Joshua, Matthew, Daniel, Christopher, Andrew, Ethan, Joseph, William, "
    "Logan, Noah, Mason",
}
_ENGLISH_FEMALE: Final[Mapping[int, str]] = {
    1930: "Mary, Betty, Barbara, Shirley, Patricia, Dorothy, Joan, Margaret, Nancy, Helen, Carol, "
    "Joyce, Doris, Ruth, Virginia, Marilyn, Elizabeth, Jean, Frances, Beverly, Lois, Alice, "
    "Donna, Martha, Dolores, Janet, Phyllis, Norma, Carolyn, Evelyn, Gloria, Anna, Marie, "
    "Ann, Mildred, Rose, Peggy, Geraldine, Mary Lou",
    1940: "Mary, Linda, Barbara, Patricia, Carol, Sandra, Nancy, Sharon, Judith, Susan, Betty, "
    "Carolyn, Margaret, Shirley, Judy, Karen, Donna, Kathleen, Joyce, Dorothy, Janet, Diane, "
    "Janice, Joan, Elizabeth, Brenda, Gloria, Virginia, Marilyn, Martha, Beverly, Helen, "
    "Bonnie, Ruth, Frances, Jean, Ann, Mary Ann, Jo Ann",
    1950: "Mary, Linda, Patricia, Susan, Deborah, Barbara, Debra, Karen, Nancy, Donna, Cynthia, "
    "Sandra, Pamela, Sharon, Kathleen, Carol, Diane, Brenda, Cheryl, Janet, Elizabeth, "
    "Kathy, Margaret, Janice, Carolyn, Denise, Judy, Rebecca, Joyce, Teresa, Christine, "
    "Catherine, Shirley, Judith, Betty, Gail, Peggy, Jane",
    1960: "Lisa, Mary, Susan, Karen, Kimberly, Patricia, Linda, Donna, Michelle, Cynthia, Sandra, "
    "Deborah, Tammy, Pamela, Lori, Laura, Elizabeth, Julie, Brenda, Jennifer, Barbara, "
    "Angela, Sharon, Debra, Teresa, Nancy, Christine, Cheryl, Denise, Kelly, Tina, Kathleen, "
    "Sherry, Robin, Amy, Dawn, Rhonda, Jo-Ann",
    1970: "Jennifer, Amy, Melissa, Michelle, Kimberly, Lisa, Angela, Heather, Stephanie, Nicole, "
    "Jessica, Elizabeth, Rebecca, Kelly, Mary, Christina, Amanda, Julie, Sarah, Laura, "
    "Shannon, Christine, Tammy, Tracy, Karen, Dawn, Susan, Andrea, Tina, Patricia, Cynthia, "
    "Lori, Rachel, April, Wendy, Renée, Chloë",
    1980: "Jessica, Jennifer, Amanda, Ashley, Sarah, Stephanie, Melissa, Nicole, Elizabeth, "
    "Heather, Tiffany, Michelle, Amber, Megan, Amy, Rachel, Kimberly, Christina, Lauren, "
    "Crystal, Brittany, Rebecca, Laura, Erin",
    1990: "Jessica, Ashley, Emily, Samantha, Sarah, Amanda, Brittany, Elizabeth, Taylor, Megan, "
    "Hannah, Kayla, Lauren, Stephanie, Rachel, Jennifer, Nicole, Alexis, Victoria, Amber, "
    "Zoë, Mackenzie",
    2000: "Emily, Madison, Emma, Olivia, Hannah, Abigail, Isabella, Samantha, Elizabeth, Ashley, "
    "Sophia, Grace",
}
_SPANISH_MALE: Final[Mapping[int, str]] = {
    1930: "José, Juan, Jesus, Manuel, Antonio, Francisco, Ramon, Pedro, Raul, Luis, Carlos, "
    "Miguel, Roberto, Rafael, Ruben, Salvador, Guadalupe, Alfredo, Domingo, Gilberto, "
    "Ignacio, Arturo, Ernesto, Joaquín, José María",
    1960: "Jose, Juan, Luis, Carlos, Jorge, Miguel, Francisco, Antonio, Jesús, Ricardo, Javier, "
    "Roberto, Mario, Victor, Hector, Fernando, Sergio, Eduardo, Armando, Oscar, Raúl, "
    "Alberto, Andrés, Ramón, Rubén, Iñaki",
    1985: "Luis, Jose, Juan, Carlos, Daniel, Alejandro, Diego, Miguel, Adrian, Gabriel, Angel, "
    "Andrés, Sebastián",
}
_SPANISH_FEMALE: Final[Mapping[int, str]] = {
    1930: "María, Maria, Carmen, Guadalupe, Margarita, Rosa, Juana, Esperanza, Dolores, Consuelo, "
    "Josefina, Teresa, Amelia, Ofelia, Alicia, Elena, Francisca, Mercedes, Socorro, "
    "Concepción, Luz, María de los Ángeles",
    1960: "Maria, María, Ana, Martha, Sylvia, Rosa, Patricia, Leticia, Norma, Irma, Elizabeth, "
    "Gloria, Yolanda, Alma, Blanca, Silvia, Sandra, Claudia, Adriana, Verónica, Mónica, "
    "Rocío, Lucía, Begoña, María del Carmen",
    1985: "Maria, Jessica, Stephanie, Vanessa, Daniela, Andrea, Gabriela, Alejandra, Karina, "
    "Mariana, Valentina, Ximena",
}

# First and second halves of the long tail of English last names: real practices have hundreds of names that
# occur once or twice, and a search that was only tried on the common ones has not been tried.
_TAIL_STEMS: Final = (
    "Ash, Black, Brad, Brom, Burn, Clay, Craw, Dray, Elling, Fair, Glad, Hather, Holling, "
    "Kings, Lang, Mar, Oak, Pem, Rad, Red, Shel, Stan, Thorn, Wake, Wal, Wex, Whit, Win, "
    "Yar, Col, Har, Hen, Lin, Mil, Nor, Rams"
)
_TAIL_ENDINGS: Final = "ford, ton, ley, well, wood, field, worth, ham, bury, more, by, stone, dale, combe"

# The longest name allowed (100 characters) is here on purpose: labels, columns and PDFs break on it first.
_LONGEST: Final = (
    "de la Santísima Trinidad y Fernández de Córdoba-Ponce de León Álvarez de Toledo y Martínez de Vargas"
)

_SOURCES: Final[Mapping[str, _Source]] = {
    "english": _Source(
        share=400,
        # Weights follow the counts of the 2010 census, roughly, in units of 10,000.
        last="Smith*244, Johnson*193, Williams*120, Brown*110, Jones*110, Miller*116, Davis*100, "
        "Wilson*80, Anderson*78, Thomas*60, Taylor*75, Moore*68, Jackson*45, Martin*70, "
        "Thompson*66, White*66, Harris*50, Clark*56, Lewis*45, Robinson*40, Walker*46, Young*48, "
        "Allen*46, King*46, Wright*44, Scott*40, Hill*43, Green*38, Adams*43, Nelson*43, "
        "Baker*42, Hall*41, Campbell*39, Mitchell*36, Carter*34, Roberts*38, Phillips*36, "
        "Evans*34, Turner*34, Parker*33, Collins*33, Edwards*32, Stewart*31, Morris*31, Cook*30, "
        "Rogers*30, Morgan*29, Cooper*28, Peterson*28, Bailey*27, Reed*27, Kelly*27, Howard*26, "
        "Cox*26, Ward*26, Richardson*25, Watson*25, Wood*25, Brooks*24, Bennett*24, Gray*24, "
        "James*24, Hughes*23, Price*23, Myers*23, Long*22, Foster*22, Sanders*22, Ross*22, "
        "Russell*18, Fisher*18, Henderson*18, Coleman*17, Graham*17, Hamilton*17, Wallace*16, "
        "Woods*16, West*16, Cole*16, Owens*15, Reynolds*16, Stone*14, Hawkins*13, Palmer*12, "
        "Dunn*12, Perkins*12, Hudson*11, Spencer*11, Payne*11, Berry*11, Matthews*11, Wagner*11, "
        "Willis*10, Watkins*10, Carroll*10, Snyder*10, Duncan*10, Lane*10, Andrews*10, Harper*9, "
        "Fox*9, Weaver*9, Greene*9, Lawrence*9, Chapman*8, Kelley*8, Carpenter*8, Fields*7, "
        "St. Clair*3, Saint-John*2, Penn*2, Thistlethwaite*2, Featherstonehaugh*1, Ng*1, Wu*1, "
        "Ek*1, By*1",
        male=_ENGLISH_MALE,
        female=_ENGLISH_FEMALE,
        hyphen=0.02,
    ),
    "african-american": _Source(
        share=105,
        last="Williams*78, Johnson*67, Smith*56, Jones*55, Brown*51, Jackson*38, Davis*35, Thomas*29, "
        "Harris*27, Robinson*24, Taylor*20, Wilson*20, Moore*20, Lewis*19, Walker*18, Green*17, "
        "Washington*15, White*15, Thompson*14, Anderson*13, Scott*13, Carter*13, Wright*13, "
        "Mitchell*12, Young*11, Allen*11, Hill*11, Jefferson*8, Coleman*8, Banks*6, Booker*5, "
        "Mosley*4, Gaines*4, Dorsey*4, Joseph*4, Charles*3, Bolden*3, Batiste*2, Pettigrew*1, "
        "Okafor*2, Adeyemi*2, Mensah*2, Tesfaye*1, Diallo*1, N'Diaye*1",
        male={
            1930: "James, Willie, John, Robert, Charles, William, George, Joe, Henry, Clarence, Leroy, "
            "Otis, Roosevelt, Booker, Isaiah, Cleveland, Percy, Lonnie, Curtis, Ulysses",
            1955: "James, Michael, Anthony, Robert, Kenneth, Reginald, Darryl, Larry, Ronald, Curtis, "
            "Tyrone, Jerome, Calvin, Reggie, Cedric, Marvin, Terrence, Andre, Maurice, Dwayne",
            1980: "Marcus, Christopher, Brandon, Michael, Terrell, Jamal, Darius, Antoine, Malik, Andre, "
            "DeShawn, Kwame",
        },
        female={
            1930: "Mary, Dorothy, Annie, Ruth, Willie Mae, Bessie, Ernestine, Mattie, Gloria, Earnestine, "
            "Hattie, Lillie, Odessa, Essie, Johnnie, Rosetta, Pearl, Ida, Ella, Lula",
            1955: "Brenda, Patricia, Gloria, Jacqueline, Sheila, Yolanda, Wanda, Yvonne, Angela, Vanessa, "
            "Regina, Phyllis, Denise, Valerie, Felicia, Latanya, Rhonda, Beverly, Cassandra, Renee",
            1980: "Ebony, Latoya, Tiffany, Kiara, Aaliyah, Jasmine, Keisha, Tamika, Monique, Imani, "
            "Shanice, La'Keisha",
        },
        english=0.3,
        hyphen=0.02,
    ),
    "spanish": _Source(
        share=125,
        last="Garcia*100, Rodriguez*90, Martinez*90, Hernandez*85, Lopez*75, Gonzalez*70, Perez*55, "
        "Sanchez*50, Ramirez*46, Torres*36, Flores*36, Rivera*39, Gomez*30, Diaz*30, Reyes*27, "
        "Morales*27, Cruz*27, Ortiz*25, Gutierrez*24, Chavez*22, Ramos*20, Ruiz*20, Mendoza*17, "
        "Alvarez*18, Castillo*17, Vargas*15, Romero*14, García*17, Rodríguez*14, Martínez*14, "
        "Hernández*13, López*12, González*12, Pérez*8, Sánchez*8, Núñez*10, Muñoz*10, Peña*9, "
        "Ibáñez*4, Zúñiga*4, Güemes*2, Vázquez*6, Jiménez*6, Acuña*3, de la Cruz*10, "
        "De La Cruz*6, de la Rosa*5, de los Santos*4, de León*5, del Río*3, Del Toro*3, "
        "Montes de Oca*2, Íñiguez*1, Ponce de León*1, Garcia Lopez*3, Reyes Morales*2, "
        "Cienfuegos*2, Yturralde*1, Paz*2, Rey*1",
        male=_SPANISH_MALE,
        female=_SPANISH_FEMALE,
        english=0.15,
        hyphen=0.10,
        keeps=0.25,
    ),
    "irish": _Source(
        share=34,
        last="Murphy*30, Kelly*24, Sullivan*22, O'Brien*20, Kennedy*16, McCarthy*14, O'Connor*14, "
        "Ryan*14, Walsh*13, Burke*12, Quinn*11, Fitzgerald*10, O'Neill*10, McDonald*16, "
        "O'Donnell*7, Gallagher*9, O'Reilly*6, O'Sullivan*5, McLaughlin*8, O'Leary*5, O'Hara*4, "
        "O'Keefe*4, O'Shea*4, Fitzpatrick*6, MacDonald*5, O’Malley*3, O'Rourke*3, "
        "Ní Dhomhnaill*1, Ó Súilleabháin*1, Mac an tSaoir*1",
        male={
            1930: "Patrick, Michael, Francis, Eugene, Daniel, Thomas, Brendan, Kevin, Dennis, Seán, Brian, "
            "Terence"
        },
        female={
            1930: "Kathleen, Eileen, Maureen, Margaret, Bridget, Noreen, Sheila, Colleen, Nora, Siobhán, "
            "Róisín, Áine"
        },
        english=0.55,
    ),
    "italian": _Source(
        share=26,
        last="Russo, Romano, Esposito, Marino, Rossi, Caruso, DeLuca, D'Angelo, Gallo, Conti, Costa, "
        "Bruno, Rizzo, D'Amico, Lombardi, Moretti, Di Stefano, D'Agostino, Ferrara, Santoro, "
        "De Santis, DiGiovanni, Dell'Acqua, D'Alessandro, Lo Presti, Dalla Costa, Bo, Nicolò",
        male={
            1930: "Anthony, Salvatore, Vincent, Dominic, Carmine, Angelo, Rocco, Joseph, Frank, Pasquale, "
            "Nicolò, Gino"
        },
        female={
            1930: "Angela, Rose, Josephine, Concetta, Carmela, Antoinette, Marie, Filomena, Theresa, "
            "Lucia, Niccolina"
        },
        english=0.55,
    ),
    "dutch": _Source(
        share=12,
        last="van der Berg, Van Dyke, Vandenberg, van den Heuvel, DeVries, De Jong, van der Meer, "
        "Dykstra, Hoekstra, van Buren, ter Horst, van 't Hof, Van Der Wal, op den Kamp, "
        "in 't Veld, Zylstra, Boersma",
        male={1930: "Peter, Henry, Gerrit, Cornelius, Harm, Willem, Dirk, Jan, Pieter, Klaas"},
        female={
            1930: "Johanna, Gertrude, Wilhelmina, Anna, Cornelia, Hendrika, Marijke, Trijntje, Saskia, Zoë"
        },
        english=0.6,
    ),
    "german": _Source(
        share=26,
        last="Schmidt, Schultz, Becker, Hoffman, Schneider, Weber, Klein, Keller, Müller, Mueller, "
        "Zimmerman, Krüger, Schröder, Vogel, Böhm, Groß, Weiß, Jäger, Köhler, Günther, "
        "von Braunfels, von der Heide, Schwarzkopf, Oberhausen, Yoder, Stoltzfus, Troyer, "
        "zu Hohenfels",
        male={
            1930: "Karl, Heinz, Günter, Werner, Helmut, Otto, Fritz, Jürgen, Dieter, Wolfgang, Jörg, "
            "Klaus, Emil"
        },
        female={
            1930: "Ursula, Ingrid, Helga, Gisela, Erika, Hildegard, Renate, Gertrud, Bärbel, Käthe, Heidi, "
            "Greta"
        },
        english=0.7,
    ),
    "nordic": _Source(
        share=15,
        last="Olson, Larson, Hanson, Carlson, Swanson, Johansson, Lindström, Søndergaard, Sørensen, "
        "Ødegård, Åström, Bjørnson, Nygård, Lindqvist, Mäkinen, Hämäläinen, Jørgensen, Kjær, Ås, "
        "Østergaard, Sigurðsson, Þorvaldsson, Ø",
        male={
            1930: "Lars, Erik, Nils, Sven, Olaf, Arne, Bjørn, Søren, Göran, Knut, Gunnar, Håkon, Jørn, Åke"
        },
        female={
            1930: "Ingrid, Astrid, Karin, Solveig, Signe, Inga, Gudrun, Märta, Åse, Bodil, Sigrún, Maj-Britt"
        },
        english=0.65,
    ),
    "polish": _Source(
        share=12,
        last="Nowak, Kowalski, Wiśniewski, Wójcik, Kaminski, Lewandowski, Zieliński, Szymański, Łukasiewicz, "
        "Dąbrowski, Jabłoński, Wróbel, Źrebiec, Brzęczyszczykiewicz",
        male={1930: "Stanley, Casimir, Walter, Jan, Andrzej, Józef, Stanisław, Zbigniew, Łukasz, Kazimierz"},
        female={1930: "Stella, Helen, Wanda, Jadwiga, Małgorzata, Krystyna, Zofia, Halina, Bożena, Łucja"},
        english=0.5,
    ),
    "czech-and-slovak": _Source(
        share=4,
        last="Novak, Dvořák, Svoboda, Černý, Růžička, Kučera, Němec, Hruška, Šťastný, Ďurica",
        male={1930: "Frank, Jan, Josef, Václav, Miloš, Jiří, Zdeněk, Tomáš"},
        female={1930: "Anna, Marie, Zdeňka, Jiřina, Věra, Božena, Ludmila"},
        english=0.5,
    ),
    "hungarian": _Source(
        share=3,
        last="Kovács, Szabó, Nagy, Tóth, Horváth, Szűcs, Fekete, Őri, Ö",
        male={1930: "Steve, László, István, József, Gábor, Sándor, Győző"},
        female={1930: "Ilona, Erzsébet, Katalin, Margit, Éva, Gyöngyi"},
        english=0.4,
    ),
    "balkan": _Source(
        share=4,
        last="Horvat, Kovačević, Jurić, Đorđević, Petrović, Popescu, Ionescu, Țurcanu, Șerban, Šimić",
        male={1930: "Nikola, Ivan, Marko, Đuro, Ștefan, Petar, Željko, Ion"},
        female={1930: "Marija, Ana, Ljiljana, Željka, Elena, Ștefania, Ivana"},
        english=0.3,
    ),
    "portuguese": _Source(
        share=11,
        last="Silva, Pereira, Santos, Ferreira, da Silva, dos Santos, Souza, Gonçalves, Conceição, "
        "Magalhães, Simões, Araújo, d'Ávila, de Sá",
        male={1930: "Manuel, João, Antônio, José, Sebastião, Joaquim, Luís, Zé"},
        female={1930: "Maria, Fátima, Conceição, Lúcia, Inês, Assunção, Teresa, Graça"},
        english=0.35,
    ),
    "french-and-haitian": _Source(
        share=10,
        last="Leblanc, Boudreaux, Landry, Hébert, Lefèvre, Bélanger, L'Heureux, D'Aubigné, "
        "de la Fontaine, Du Bois, Théberge, François, Jean-Baptiste, Pierre-Louis, Saint-Fleur, "
        "Le Goff, Y",
        male={
            1930: "Jean, Pierre, Marcel, René, André, Gérard, Jean-Paul, Jean-Claude, Wesner, Benoît, "
            "François"
        },
        female={1930: "Thérèse, Yvette, Geneviève, Marie-Claire, Hélène, Françoise, Noëlle, Marie, Solange"},
        english=0.35,
    ),
    "turkish": _Source(
        share=4,
        last="Yılmaz, Kaya, Şahin, Öztürk, Çelik, Yıldız, Güneş, Doğan, İnan, Işık",
        male={1930: "Mehmet, Mustafa, İbrahim, Ömer, Hüseyin, Çağrı"},
        female={1930: "Ayşe, Fatma, Zeynep, Gülşen, İpek, Çiğdem"},
    ),
    "armenian-romanised": _Source(
        share=3,
        last="Petrosyan, Sarkissian, Hovsepian, Ter-Hakobyan, Keshishyan",
        male={1930: "Armen, Hagop, Vartan, Garabed, Ara"},
        female={1930: "Anahit, Siranush, Araxie, Takouhi, Ani"},
        english=0.2,
    ),
    "vietnamese": _Source(
        share=24,
        last="Nguyen*60, Tran*22, Le*18, Pham*14, Nguyễn*9, Huynh*9, Hoang*7, Vo*7, Phan*6, Dang*5, "
        "Trần*4, Đặng*4, Bui*4, Do*4, Ngo*3, Phạm*3, Lê*3, Võ*2, Đỗ*2, Bùi*2, Dương*2, Huỳnh*2, "
        "Vũ*2, Ô*1, Ý*1",
        male={
            1930: "Van, Minh, Hung, Thanh, Dung, Hai, Long, Tuan, Đức, Hùng, Thành, Văn Minh, Quang, Bảo, "
            "Phước, Sơn",
            1980: "Kevin, Minh, Tuan, Huy, Khoa, Duy, Quân, Anh Tuấn, Nam, Phúc",
        },
        female={
            1930: "Hoa, Lan, Mai, Thu, Hong, Nga, Thị Hoa, Phượng, Tuyết, Hạnh, Bích, Ngọc, Kim Anh, Thúy, "
            "Yến, Đào",
            1980: "Linh, Thao, Vy, Trang, Ngoc, Quỳnh, Thảo, Như, Phương Anh, Uyên",
        },
        english=0.2,
        keeps=0.8,
    ),
    "filipino": _Source(
        share=18,
        last="Santos, Reyes, Cruz, Bautista, Dela Cruz, Ocampo, Garcia, Mendoza, Villanueva, Ramos, "
        "de Guzman, Aquino, Pascual, Macaraeg, Dimaculangan, Catacutan, delos Reyes, Tan, Sy, "
        "Uy, Ng",
        male={
            1930: "Jose, Rodolfo, Ernesto, Rogelio, Danilo, Reynaldo, Ferdinand, Jun, Bienvenido, "
            "Virgilio, Jejomar"
        },
        female={
            1930: "Maria, Teresita, Erlinda, Corazon, Remedios, Imelda, Luzviminda, Rosario, Ligaya, "
            "Marivic, Bing"
        },
        english=0.35,
        hyphen=0.03,
    ),
    "chinese-romanised": _Source(
        share=16,
        last="Chen, Wang, Li, Lee, Wong, Liu, Zhang, Lin, Huang, Chan, Yang, Wu, Zhao, Xu, Ho, "
        "Ouyang, Lü, Ng, E, Szeto",
        male={1930: "Wei, Ming, Jian, Guoqiang, Kwok Wai, Yu-Chen, Zhiming, Xiaoming, Chi-Keung, Bo"},
        female={1930: "Mei, Li, Xiuying, Yan, Mei-Ling, Siu Fong, Shu-Fen, Xiaohong, Hua, Lan"},
        english=0.45,
        keeps=0.7,
    ),
    "korean-romanised": _Source(
        share=11,
        last="Kim, Lee, Park, Choi, Jung, Kang, Cho, Yoon, Chang, Lim, Han, Shin, Oh, O, Yi, Namgung",
        male={1930: "Young-Ho, Sung Soo, Jae-Won, Dong Hyun, Min-Jun, Kyung-Ho, Sang Woo, In-Su, Joon"},
        female={1930: "Young-Ja, Soon Ja, Mi-Kyung, Eun-Jung, Hye Jin, Ji-Woo, Kyung-Sook, Ok-Soon, Jin"},
        english=0.4,
        keeps=0.75,
    ),
    "japanese-romanised": _Source(
        share=8,
        last="Tanaka, Yamamoto, Suzuki, Sato, Nakamura, Watanabe, Ito, Ōno, Saitō, Kobayashi, Inouye, "
        "Okamoto, Ii, Ō",
        male={1930: "Hiroshi, Takeshi, Kenji, Minoru, Shigeru, Isamu, Kōji, Ryō, Jun'ichi, George"},
        female={1930: "Yoshiko, Fumiko, Michiko, Sachiko, Keiko, Yōko, Haruko, Shizue, Akemi, Setsuko"},
        english=0.5,
    ),
    "indian-romanised": _Source(
        share=17,
        last="Patel, Singh, Shah, Sharma, Kumar, Gupta, Reddy, Desai, Mehta, Rao, Iyer, Nair, Kaur, "
        "Banerjee, Mukhopadhyay, Venkataraman, Balasubramanian, K, Om",
        male={
            1930: "Ramesh, Suresh, Mahesh, Harbhajan, Govind, Raj, Vijay, Ashok, Venkat, Arun, R.",
            1975: "Amit, Rahul, Sanjay, Vikram, Anil, Nikhil, Sandeep, Arjun",
        },
        female={
            1930: "Savitri, Kamala, Sushila, Lakshmi, Shanta, Meena, Usha, Sarla, Nirmala, Saraswati, Pushpa",
            1975: "Priya, Anjali, Neha, Pooja, Deepa, Kavita, Sunita, Divya",
        },
    ),
    "pakistani-and-bengali-romanised": _Source(
        share=5,
        last="Khan, Ahmed, Hussain, Chowdhury, Malik, Qureshi, Siddiqui, Rahman, Ul-Haq, Sk",
        male={1930: "Mohammad, Abdul, Iqbal, Tariq, Khalid, Imran, Zia ul Haq, Md. Rafiq, Aslam"},
        female={1930: "Nasreen, Ayesha, Shabnam, Razia, Farida, Parveen, Rukhsana, Begum"},
    ),
    "arab-and-persian-romanised": _Source(
        share=7,
        last="Haddad, Khoury, Nasser, Ahmadi, Hosseini, Abdullah, Al-Masri, El-Sayed, al-Hakim, "
        "bin Rashid, Abu-Zaid, Tehrani, Rahmani",
        male={1930: "Mohamed, Ahmad, Yusuf, Ibrahim, George, Elias, Reza, Ali, Abd al-Rahman"},
        female={1930: "Fatima, Layla, Mariam, Nadia, Samira, Shirin, Parvin, Zahra, Noor"},
        english=0.1,
    ),
    "jewish-romanised": _Source(
        share=5,
        last="Cohen, Levy, Friedman, Goldstein, Mizrahi, Katz, Rosenberg, Ben-David, Bar-On, Or",
        male={1930: "David, Moshe, Avraham, Samuel, Irving, Morris, Seymour, Chaim, Yosef"},
        female={1930: "Ruth, Esther, Miriam, Sylvia, Rivka, Sarah, Shoshana, Chaya, Golda"},
        english=0.45,
    ),
    "native-american": _Source(
        share=9,
        last="Begay, Yazzie, Tsosie, Benally, Nez, Whitehorse, Two Bulls, Running Bear, Red Feather, "
        "Locklear, Chee",
        male={1930: "Leroy, Wilson, Raymond, Herman, Chee, Alvin, Emerson, Leonard"},
        female={1930: "Bernice, Lorraine, Marlene, Haseya, Rose, Bessie, Arlene, Ruth"},
        english=0.5,
    ),
    "pacific": _Source(
        share=5,
        last="Kealoha, Kahananui, Kapule, Nāhinu, Kaʻaihue, Tuiasosopo, Faʻasavalu, Mataʻafa, Tau, Ah Nee",
        male={1930: "Kimo, Keoni, Kaleo, Sione, Tavita, Ikaika, Kāwika"},
        female={1930: "Leilani, Malia, Kuʻulei, Nālani, Sina, Mele, Pualani"},
        english=0.5,
    ),
    "rare-shapes": _Source(
        share=8,
        # One letter, two letters, very long, many words, inner capitals: each has broken somebody's form.
        last="O, E, U, I, Y, A, Xi, Aa, MacGillycuddy, "
        "Wickramasinghe Mudiyanselage Tikiri Bandaralage, Papadimitrakopoulos-Konstantinidis, "
        "Schwarzenbergerhausen-Lichtenfelsdorfer, Rattanachotiphanitkunakorn, "
        "Kahananuiokalanimakamaeikapuuwai, Andriamanantenasoaherizorakoto, "
        "St. John-Smythe-Featherstonehaugh, Llanfairwell-ap-Gruffydd, "
        "van der Waals-von Hohenberg und Lichtenau, " + _LONGEST,
        male={
            1930: "J, B, Q, Al, D'Artagnan, Jean-Christophe Maximilian Alexander Bartholomew Emmanuel, Ky, "
            "X, McKinley"
        },
        female={
            1930: "V, M, I, Jo, Mary Elizabeth Catherine Josephine Wilhelmina Alexandrina, O, "
            "Anne-Marie-Thérèse, Bo"
        },
        english=0.6,
    ),
    # From here on no Latin script: 73 of 1,000 households.
    "han": _Source(
        share=13,
        last="王=Wang, 李=Li, 张=Zhang, 陳=Chen, 刘=Liu, 黃=Huang, 林=Lin, 赵=Zhao, 吴=Wu, 周=Zhou, "
        "歐陽=Ouyang, 司馬=Sima",
        male={
            1930: "建国=Jianguo, 国强=Guoqiang, 志明=Zhiming, 明=Ming, 德华=Dehua, 文=Wen, 福生=Fusheng, "
            "永康=Yongkang",
            1965: "伟=Wei, 强=Qiang, 家豪=Jiahao, 博=Bo, 俊杰=Junjie, 磊=Lei",
        },
        female={
            1930: "秀英=Xiuying, 美玲=Meiling, 淑芬=Shufen, 桂兰=Guilan, 玉珍=Yuzhen, 梅=Mei, 素貞=Suzhen",
            1965: "芳=Fang, 丽=Li, 雅婷=Yating, 静=Jing, 怡君=Yijun, 婷=Ting",
        },
        keeps=0.8,
    ),
    "kanji": _Source(
        share=3,
        last="佐藤=Sato, 田中=Tanaka, 山本=Yamamoto, 鈴木=Suzuki, 佐々木=Sasaki, 林=Hayashi",
        male={1930: "弘=Hiroshi, 健二=Kenji, 茂=Shigeru, 誠=Makoto, 実=Minoru"},
        female={1930: "幸子=Sachiko, 恵子=Keiko, 美智子=Michiko, 節子=Setsuko, 和子=Kazuko"},
    ),
    "hangul": _Source(
        share=10,
        last="김=Kim, 이=Lee, 박=Park, 최=Choi, 정=Jung, 강=Kang, 조=Cho, 윤=Yoon, 장=Jang, "
        "남궁=Namgung, 황보=Hwangbo",
        male={
            1930: "영수=Youngsoo, 영호=Youngho, 성호=Sungho, 철수=Chulsoo, 광수=Kwangsoo, 정웅=Jungwoong",
            1965: "정훈=Junghoon, 동현=Donghyun, 성민=Sungmin, 민준=Minjun, 솔=Sol",
        },
        female={
            1930: "영자=Youngja, 순자=Soonja, 영숙=Youngsook, 정숙=Jungsook, 옥순=Oksoon",
            1965: "미경=Mikyung, 은정=Eunjung, 지혜=Jihye, 서연=Seoyeon, 별=Byul",
        },
        keeps=0.8,
    ),
    "kana": _Source(
        share=6,
        last="たなか=Tanaka, スズキ=Suzuki, さとう=Sato, ワタナベ=Watanabe, いとう=Ito, "
        "ヤマダ=Yamada, こばやし=Kobayashi, ナカジマ=Nakajima",
        male={
            1930: "ひろし=Hiroshi, ケンジ=Kenji, たけし=Takeshi, みのる=Minoru, ジョージ=Joji, "
            "しげる=Shigeru, ごろう=Goro"
        },
        female={
            1930: "よしこ=Yoshiko, ふみこ=Fumiko, ミチコ=Michiko, さくら=Sakura, けいこ=Keiko, "
            "ハルコ=Haruko, ゆりえ=Yurie"
        },
    ),
    "cyrillic": _Source(
        share=13,
        last="Иванов/Иванова=Ivanov/Ivanova, Смирнов/Смирнова=Smirnov/Smirnova, "
        "Кузнецов/Кузнецова=Kuznetsov/Kuznetsova, Попов/Попова=Popov/Popova, "
        "Шевченко=Shevchenko, Коваленко=Kovalenko, Соловьёв/Соловьёва=Solovyov/Solovyova, "
        "Вознесенский/Вознесенская=Voznesensky/Voznesenskaya, Гур'єв/Гур'єва=Huriev/Hurieva, "
        "Їжакевич=Yizhakevych, Йовановић=Jovanovic, Цой=Tsoi, "
        "Щербаков/Щербакова=Shcherbakov/Shcherbakova, "
        "Смирнов-Орлов/Смирнова-Орлова=Smirnov-Orlov/Smirnova-Orlova",
        male={
            1930: "Владимир=Vladimir, Николай=Nikolai, Иван=Ivan, Борис=Boris, Сергей=Sergei, "
            "Александр=Alexander, Михаил=Mikhail, Юрий=Yuri, Фёдор=Fyodor, Андрій=Andriy, "
            "Ђорђе=Djordje"
        },
        female={
            1930: "Нина=Nina, Валентина=Valentina, Галина=Galina, Людмила=Lyudmila, Ольга=Olga, "
            "Светлана=Svetlana, Татьяна=Tatyana, Мария=Maria, Алёна=Alyona, Наталія=Nataliya, "
            "Анна=Anna"
        },
    ),
    "greek": _Source(
        share=6,
        last="Παπαδόπουλος/Παπαδοπούλου=Papadopoulos/Papadopoulou, Νικολάου=Nikolaou, Γεωργίου=Georgiou, "
        "Δημητρίου=Dimitriou, Ιωάννου=Ioannou, Παππάς/Παππά=Pappas/Pappa, Οικονόμου=Oikonomou, "
        "Κωνσταντινίδης/Κωνσταντινίδου=Konstantinidis/Konstantinidou",
        male={
            1930: "Γεώργιος=Georgios, Ιωάννης=Ioannis, Κωνσταντίνος=Konstantinos, Δημήτρης=Dimitris, "
            "Νίκος=Nikos, Ηλίας=Ilias"
        },
        female={
            1930: "Μαρία=Maria, Ελένη=Eleni, Αικατερίνη=Aikaterini, Βασιλική=Vasiliki, Σοφία=Sofia, "
            "Δέσποινα=Despina, Ζωή=Zoi"
        },
    ),
    "arabic": _Source(
        share=8,
        last="محمد=Mohammed, حداد=Haddad, خوري=Khoury, الأحمد=Al-Ahmad, المصري=Al-Masri, "
        "عبد الله=Abdullah, السيد=El-Sayed, حسيني=Hosseini, کریمی=Karimi, ناصر=Nasser",
        male={
            1930: "محمد=Mohammed, أحمد=Ahmad, علي=Ali, يوسف=Yusuf, إبراهيم=Ibrahim, "
            "عبد الرحمن=Abdulrahman, خالد=Khalid, رضا=Reza"
        },
        female={
            1930: "فاطمة=Fatima, مريم=Mariam, ليلى=Layla, نادية=Nadia, سميرة=Samira, زينب=Zainab, "
            "هدى=Huda, شیرین=Shirin"
        },
        keeps=0.6,
    ),
    "hebrew": _Source(
        share=4,
        last="כהן=Cohen, לוי=Levy, מזרחי=Mizrahi, פרץ=Peretz, ביטון=Biton, פרידמן=Friedman, "
        "בן-דוד=Ben-David, אברהמי=Avrahami",
        male={1930: "משה=Moshe, יוסף=Yosef, דוד=David, יעקב=Yaakov, אברהם=Avraham, חיים=Chaim, שמואל=Shmuel"},
        female={1930: "רחל=Rachel, שרה=Sarah, אסתר=Esther, מרים=Miriam, רבקה=Rivka, חנה=Hannah, נעמי=Naomi"},
    ),
    "devanagari": _Source(
        share=6,
        last="शर्मा=Sharma, पटेल=Patel, सिंह=Singh, गुप्ता=Gupta, कुमार=Kumar, वर्मा=Verma, "
        "जोशी=Joshi, चौधरी=Chaudhary, श्रेष्ठ=Shrestha",
        male={
            1930: "रमेश=Ramesh, सुरेश=Suresh, विजय=Vijay, अशोक=Ashok, गोविंद=Govind, राम=Ram, "
            "कृष्ण=Krishna, हरि=Hari"
        },
        female={
            1930: "सावित्री=Savitri, कमला=Kamala, सुशीला=Sushila, लक्ष्मी=Lakshmi, मीना=Meena, उषा=Usha, "
            "गीता=Gita, सीता=Sita"
        },
    ),
    "thai": _Source(
        share=4,
        last="ศรีสุข=Srisuk, แสงทอง=Saengthong, วงศ์สวัสดิ์=Wongsawat, ทองดี=Thongdee, สุวรรณ=Suwan, "
        "รัตนโชติพานิชกุล=Rattanachotiphanitkun",
        male={1930: "สมชาย=Somchai, สมศักดิ์=Somsak, ประเสริฐ=Prasert, วิชัย=Wichai, บุญมี=Bunmi, กิตติ=Kitti"},
        female={1930: "สมศรี=Somsri, มาลี=Malee, บุญเรือน=Bunruean, สุดา=Suda, พรทิพย์=Phonthip, น้ำผึ้ง=Namphueng"},
    ),
}


# ---------------------------------------------------------------------------------------------------------
# Tables of households and ages
# ---------------------------------------------------------------------------------------------------------

_SINGLE, _COUPLE, _PARENT_AND_CHILD, _SIBLINGS, _FAMILY, _TWINS, _JUNIOR, _NAMESAKES = range(8)

# How often each kind of household occurs, of 1,000.
_HOUSEHOLD_WEIGHTS: Final[Mapping[int, int]] = {
    _SINGLE: 640,
    _COUPLE: 255,
    _PARENT_AND_CHILD: 40,
    _SIBLINGS: 20,
    _FAMILY: 20,
    _TWINS: 4,
    _JUNIOR: 9,
    _NAMESAKES: 12,
}

# The households right after the fixed people: even a demo of thirty people then has the cases that matter
# when patients are matched, searched and merged.
_OPENING: Final[tuple[tuple[int, str], ...]] = (
    (_NAMESAKES, "english"),
    (_TWINS, "spanish"),
    (_JUNIOR, "english"),
    (_COUPLE, "african-american"),
    (_SINGLE, "irish"),
    (_SINGLE, "han"),
    (_COUPLE, "vietnamese"),
    (_FAMILY, "polish"),
    (_SINGLE, "dutch"),
    (_SINGLE, "nordic"),
)

# (youngest, oldest, weight) on the reference date 2026-01-01: somebody born in year Y is 2025 - Y then, and a
# year older if born on 1 January, so the last band ends at 94 to keep everybody at 95 or below.
_REFERENCE_YEAR: Final = 2026
_AGE_BANDS: Final = (
    (18, 34, 20),
    (35, 44, 50),
    (45, 54, 100),
    (55, 64, 190),
    (65, 74, 320),
    (75, 84, 230),
    (85, 94, 90),
)
_FIRST_YEAR: Final = 1930  # of the name tables
_LAST_YEAR: Final = 2009

_GENDERS: Final = ("male", "female")
_MALE: Final = 0
_FEMALE: Final = 1

# 1 % of the records say other or unknown, each.
_OTHER_SHARE: Final = 0.01
_UNKNOWN_SHARE: Final = 0.01
_SSN_SHARE: Final = 0.40
_EXTERNAL_ID_SHARE: Final = 0.50
_ARCHIVED_SHARE: Final = 0.04
_NO_PHONE_SHARE: Final = 0.06
_NO_ADDRESS_SHARE: Final = 0.04
_LANDLINE_SHARE: Final = 0.4
_FEMALE_SHARE: Final = 0.56  # of those who live alone
_SAME_SEX_SHARE: Final = 0.03  # of couples
_ALIKE_SHARE: Final = 0.7  # of twins
_UNIT_SHARE: Final = 0.3  # of homes with a second address line
_INITIAL_SHARE: Final = 0.3  # of e-mail addresses like "jdoe"

_EMAIL_HOSTS: Final = ("example.com", "example.org", "example.net")

# One area only, so that a number gives itself away: 899 was assigned to nobody before June 2011, when the SSA
# began to draw areas at random, and everybody here was born before.
_SSN_AREA: Final = "899"
_SSN_SERIALS: Final = 9_999  # 0001..9999; 0000 is never valid
_SSN_GROUPS: Final = 99  # 01..99; 00 is never valid
_SSN_RESERVED: Final = 10  # the first few belong to the fixed people
_SSN_COUNT: Final = _SSN_SERIALS * _SSN_GROUPS - _SSN_RESERVED
_SSN_STEP: Final = (
    611_953  # a prime that does not divide the count, so stepping by it visits every number once
)


# ---------------------------------------------------------------------------------------------------------
# The engine: from tables as written to tables that are quick to draw from
# ---------------------------------------------------------------------------------------------------------


class _Given(NamedTuple):
    """A first name and its spelling in an e-mail address."""

    name: str
    ascii: str


class _Last(NamedTuple):
    """A last name: the masculine and the feminine form, and their spellings in an e-mail address."""

    names: tuple[str, str]
    ascii: tuple[str, str]


class _Origin(NamedTuple):
    """The names of one origin, each repeated by its weight: drawing one is a single index."""

    last: tuple[_Last, ...]
    given: tuple[tuple[tuple[_Given, ...], ...], tuple[tuple[_Given, ...], ...]]  # [male, female][year]
    english: float
    hyphen: float
    keeps: float


class _Home(NamedTuple):
    """Where a household lives."""

    line1: str
    line2: str | None
    city: _City
    zip: str
    listed: bool  # False: the practice has no address on file
    landline: str


# Letters that have no decomposition, or not the one people use in an e-mail address.
_FOLDED: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
)
_ASCII_LENGTH: Final = 24  # keeps a local part below the 64 characters of RFC 5321


def _split(text: str) -> list[str]:
    """Split a table entry list at its commas."""
    return [entry.strip() for entry in text.split(",")]


def _to_ascii(name: str) -> str:
    """Spell a Latin name with the letters a-z and single inner hyphens."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_FOLDED))
    return "".join(c for c in plain if "a" <= c <= "z" or c == "-")[:_ASCII_LENGTH].strip("-")


def _weighted(text: str) -> Iterator[tuple[str, int]]:
    """Give each entry of a table with its weight: its own, or one that falls with its rank."""
    for rank, entry in enumerate(_split(unicodedata.normalize("NFC", text))):
        name, _, weight = entry.partition("*")
        yield name, int(weight) if weight else max(1, round(60 / (rank + 3)))


def _compile_last(text: str) -> tuple[_Last, ...]:
    """Build the draw table of some last names."""
    table: list[_Last] = []
    for entry, weight in _weighted(text):
        native, _, roman = entry.partition("=")
        male, _, female = native.partition("/")
        roman_male, _, roman_female = (roman or native).partition("/")
        last = _Last((male, female or male), (_to_ascii(roman_male), _to_ascii(roman_female or roman_male)))
        table.extend([last] * weight)
    return tuple(table)


def _compile_given(text: str) -> tuple[_Given, ...]:
    """Build the draw table of some first names."""
    table: list[_Given] = []
    for entry, weight in _weighted(text):
        native, _, roman = entry.partition("=")
        table.extend([_Given(native, _to_ascii(roman or native))] * weight)
    return tuple(table)


def _by_year(tables: Mapping[int, str]) -> tuple[tuple[_Given, ...], ...]:
    """Give the draw table of first names for each birth year; years of one cohort share one table."""
    compiled = {first: _compile_given(text) for first, text in tables.items()}
    return tuple(
        compiled[max(first for first in compiled if first <= year)]
        for year in range(_FIRST_YEAR, _LAST_YEAR + 1)
    )


def _compile_origin(source: _Source) -> _Origin:
    """Build the draw tables of one origin."""
    return _Origin(
        _compile_last(source.last),
        (_by_year(source.male), _by_year(source.female)),
        source.english,
        source.hyphen,
        source.keeps,
    )


def _compile_origins() -> dict[str, _Origin]:
    """Build the draw tables of all origins, and give the English names their long tail."""
    origins = {key: _compile_origin(source) for key, source in _SOURCES.items()}
    tail = ", ".join(f"{stem}{end}*1" for stem in _split(_TAIL_STEMS) for end in _split(_TAIL_ENDINGS))
    english = origins["english"]
    origins["english"] = english._replace(last=english.last + _compile_last(tail))
    return origins


def _compile_cities() -> tuple[_City, ...]:
    """Read the city table."""
    rows = ([cell.strip() for cell in row.split("|")] for row in _CITY_TABLE.strip().splitlines())
    return tuple(
        _City(name, state, tuple(zips.split()), tuple(codes.split())) for name, state, zips, codes in rows
    )


_ORIGINS: Final = _compile_origins()
_ORIGIN_DRAW: Final = tuple(_ORIGINS[key] for key, source in _SOURCES.items() for _ in range(source.share))
_ENGLISH: Final = _ORIGINS["english"].given
_CITIES: Final = _compile_cities()
_HOUSEHOLD_DRAW: Final = tuple(kind for kind, weight in _HOUSEHOLD_WEIGHTS.items() for _ in range(weight))
_STREET_DRAW: Final = tuple(
    f"{direction}{street} {kind}"
    for direction in _STREET_DIRECTIONS
    for street in _split(_STREETS)
    for kind in _split(_STREET_TYPES)
)
_UNIT_DRAW: Final = (
    *(f"Apt {floor}{door}" for floor in range(1, 13) for door in "ABCDEF"),
    *(f"Unit {number}" for number in range(1, 41)),
    *(f"Lot {number}" for number in range(1, 21)),
    *(f"# {number}" for number in range(101, 131)),
)
# Each band is repeated by its weight, so that the year inside a band stays evenly spread.
_BAND_DRAW: Final = tuple(
    (_REFERENCE_YEAR - 1 - oldest, oldest - youngest + 1)
    for youngest, oldest, weight in _AGE_BANDS
    for _ in range(weight)
)
_DAYS: Final = tuple(
    f"-{month:02}-{day:02}"
    for month, days in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1)
    for day in range(1, days + 1)
)
_LEAP_DAYS: Final = (*_DAYS, "-02-29")


# ---------------------------------------------------------------------------------------------------------
# The engine: drawing households
# ---------------------------------------------------------------------------------------------------------


class _Practice:
    """Draws one household after the other; all it remembers is its random state and two counters."""

    def __init__(self, seed: int) -> None:
        """Start at the first person after the fixed ones."""
        self._random = random.Random(seed).random  # noqa: S311 - made-up people, not cryptography
        self._number = len(_FIXED)
        self._ssn = int(self._random() * _SSN_COUNT)

    def any_household(self) -> Iterator[SyntheticPerson]:
        """Give the members of a household of any kind and origin, in their usual mix."""
        draw = self._random
        kind = _HOUSEHOLD_DRAW[int(draw() * len(_HOUSEHOLD_DRAW))]
        origin = _ORIGIN_DRAW[int(draw() * len(_ORIGIN_DRAW))]
        return self.household(kind, origin, listed=draw() >= _NO_ADDRESS_SHARE)

    def household(self, kind: int, origin: _Origin, *, listed: bool) -> Iterator[SyntheticPerson]:
        """Give the members of one household of a kind and an origin, with an address on file or without."""
        draw = self._random
        last = self._last(origin)
        home = self._home(listed=listed)
        if kind == _SINGLE:
            yield self._individual(origin, last, home)
        elif kind == _COUPLE:
            yield from self._couple(origin, last, home, self._year())
        elif kind in (_PARENT_AND_CHILD, _FAMILY):
            # Parents of adult patients are old enough for that: born 1931 to 1960, children 20 to 37 later.
            year = 1931 + int(draw() * 30)
            if kind == _FAMILY:
                yield from self._couple(origin, last, home, year)
            else:
                yield self._individual(origin, last, home, year)
            yield self._individual(origin, last, home, year + 20 + int(draw() * 18))
        elif kind == _SIBLINGS:
            year = min(self._year(), 1990)
            yield self._individual(origin, last, home, year)
            yield self._individual(origin, last, home, year + 1 + int(draw() * 6))
        elif kind == _TWINS:
            yield from self._twins(origin, last, home)
        elif kind == _JUNIOR:
            year = 1931 + int(draw() * 30)
            given = self._given(origin, _MALE, year)
            yield self._person(given, last, home, _MALE, self._birth_date(year))
            yield self._person(given, last, home, _MALE, self._birth_date(year + 20 + int(draw() * 18)))
        else:
            yield from self._namesakes(origin, last, home)

    def _individual(
        self, origin: _Origin, last: _Last, home: _Home, year: int | None = None
    ) -> SyntheticPerson:
        """Give a person of either sex, of any age unless told."""
        form = _FEMALE if self._random() < _FEMALE_SHARE else _MALE
        year = self._year() if year is None else year
        return self._person(self._given(origin, form, year), last, home, form, self._birth_date(year))

    def _couple(self, origin: _Origin, last: _Last, home: _Home, year: int) -> Iterator[SyntheticPerson]:
        """Give two partners a few years apart, nearly always a man and a woman."""
        draw = self._random
        form = int(draw() * 2)
        yield self._person(self._given(origin, form, year), last, home, form, self._birth_date(year))
        if draw() < origin.keeps:
            last = self._last(origin)
        form = form if draw() < _SAME_SEX_SHARE else 1 - form
        year = min(max(year - 5 + int(draw() * 11), 1931), 2007)
        yield self._person(self._given(origin, form, year), last, home, form, self._birth_date(year))

    def _twins(self, origin: _Origin, last: _Last, home: _Home) -> Iterator[SyntheticPerson]:
        """Give two people who differ in little but the first name."""
        draw = self._random
        year = self._year()
        born = self._birth_date(year)
        form = int(draw() * 2)
        given = self._given(origin, form, year)
        yield self._person(given, last, home, form, born)
        form = form if draw() < _ALIKE_SHARE else 1 - form
        other = self._given(origin, form, year)
        while other.name == given.name:
            other = self._given(origin, form, year)
        yield self._person(other, last, home, form, born)

    def _namesakes(self, origin: _Origin, last: _Last, home: _Home) -> Iterator[SyntheticPerson]:
        """Give two strangers of one name, born in different years and living apart."""
        draw = self._random
        form = int(draw() * 2)
        year = min(self._year(), 1990)
        given = self._given(origin, form, year)
        yield self._person(given, last, home, form, self._birth_date(year))
        yield self._person(
            given, last, self._home(listed=home.listed), form, self._birth_date(year + 1 + int(draw() * 12))
        )

    def _year(self) -> int:
        """Draw a birth year with the ages of a remote monitoring practice."""
        first, years = _BAND_DRAW[int(self._random() * len(_BAND_DRAW))]
        return first + int(self._random() * years)

    def _birth_date(self, year: int) -> str:
        """Draw a day of the year; 29 February exists when it does."""
        days = _LEAP_DAYS if year % 4 == 0 else _DAYS  # holds from 1901 to 2099
        return f"{year}{days[int(self._random() * len(days))]}"

    def _last(self, origin: _Origin) -> _Last:
        """Draw a last name, sometimes a double one."""
        draw = self._random
        last = origin.last[int(draw() * len(origin.last))]
        if origin.hyphen and draw() < origin.hyphen:
            second = origin.last[int(draw() * len(origin.last))]
            # No Garcia-Garcia, and no third part behind names that are double already.
            if second is not last and not any(c in "- " for c in last.names[0] + second.names[0]):
                return _Last(
                    (f"{last.names[0]}-{second.names[0]}", f"{last.names[1]}-{second.names[1]}"),
                    (
                        f"{last.ascii[0]}-{second.ascii[0]}"[:_ASCII_LENGTH].rstrip("-"),
                        f"{last.ascii[1]}-{second.ascii[1]}"[:_ASCII_LENGTH].rstrip("-"),
                    ),
                )
        return last

    def _given(self, origin: _Origin, form: int, year: int) -> _Given:
        """Draw a first name that was in fashion."""
        draw = self._random
        given = _ENGLISH if origin.english and draw() < origin.english else origin.given
        table = given[form][year - _FIRST_YEAR]
        return table[int(draw() * len(table))]

    def _home(self, *, listed: bool) -> _Home:
        """Draw a home."""
        draw = self._random
        city = _CITIES[int(draw() * len(_CITIES))]
        return _Home(
            f"{int(draw() * 9_900) + 10} {_STREET_DRAW[int(draw() * len(_STREET_DRAW))]}",
            _UNIT_DRAW[int(draw() * len(_UNIT_DRAW))] if draw() < _UNIT_SHARE else None,
            city,
            city.zips[int(draw() * len(city.zips))],
            listed,
            self._phone(city),
        )

    def _phone(self, city: _City) -> str:
        """Draw a number of the city's area codes in the range kept free for fiction."""
        draw = self._random
        return f"+1-{city.area_codes[int(draw() * len(city.area_codes))]}-555-01{int(draw() * 100):02}"

    def _email(self, given: _Given, last_ascii: str, year: str) -> str | None:
        """Make an address that nobody else has, because it ends in the person's number."""
        draw = self._random
        # The older, the fewer give the practice an address.
        if draw() < (0.55 if year < "1945" else 0.3 if year < "1960" else 0.12):
            return None
        host = _EMAIL_HOSTS[int(draw() * 3)]
        if draw() < _INITIAL_SHARE:
            return f"{given.ascii[0]}{last_ascii}{self._number}@{host}"
        return f"{given.ascii}.{last_ascii}{self._number}@{host}"

    def _next_ssn(self) -> str:
        """Give the next number: they repeat only after some 990,000, which 2.4 million people need."""
        self._ssn = (self._ssn + _SSN_STEP) % _SSN_COUNT
        group, serial = divmod(self._ssn + _SSN_RESERVED, _SSN_SERIALS)
        return f"{_SSN_AREA}-{group + 1:02}-{serial + 1:04}"

    def _person(self, given: _Given, last: _Last, home: _Home, form: int, born: str) -> SyntheticPerson:
        """Fill in the rest of a person, and count them."""
        draw = self._random
        chance = draw()
        gender = _GENDERS[form]
        if chance < _OTHER_SHARE:
            gender = "other"
        elif chance < _OTHER_SHARE + _UNKNOWN_SHARE:
            gender = "unknown"
        phone: str | None = None
        if draw() >= _NO_PHONE_SHARE:
            phone = home.landline if draw() < _LANDLINE_SHARE else self._phone(home.city)
        address: dict[str, str | None] | None = None
        if home.listed:
            # A dict of one's own: changing one person's must not move the family.
            address = {
                "line1": home.line1,
                "line2": home.line2,
                "city": home.city.name,
                "state": home.city.state,
                "zip": home.zip,
            }
        external_id: str | None = None
        if draw() < _EXTERNAL_ID_SHARE:
            # Seven numbers per person: unique without remembering any, and with gaps as in a real export.
            external_id = f"ECW-{100_000 + self._number * 7 + int(draw() * 7)}"
        archived: str | None = None
        if draw() < _ARCHIVED_SHARE:
            archived = _ARCHIVE_REASONS[int(draw() * len(_ARCHIVE_REASONS))]
        person = SyntheticPerson(
            given.name,
            last.names[form],
            born,
            gender,
            phone,
            self._email(given, last.ascii[form], born),
            address,
            self._next_ssn() if draw() < _SSN_SHARE else None,
            external_id,
            archived,
        )
        self._number += 1
        return person


def _endless(seed: int) -> Iterator[SyntheticPerson]:
    """Give the fixed people, the opening households, and then households without end."""
    for person in _FIXED:
        # The address is a dict, and the fixed people live as long as the process: hand out a copy.
        yield attrs.evolve(person, address=dict(person.address) if person.address else None)
    practice = _Practice(seed)
    for kind, key in _OPENING:
        yield from practice.household(kind, _ORIGINS[key], listed=True)
    while True:
        yield from practice.any_household()


def synthetic_people(count: int, *, seed: int = 1) -> Iterator[SyntheticPerson]:
    """Give the first ``count`` people of the demo practice, one at a time.

    The same seed gives the same people, and the first three are the same for every seed. Memory does not
    grow with ``count``. External ids and e-mail addresses are unique within a run, social security numbers
    within the first 2.4 million people or so.
    """
    if count < 0:
        message = f"count must not be negative, got {count}"
        raise ValueError(message)
    return itertools.islice(_endless(seed), count)
